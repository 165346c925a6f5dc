/** A failure whose text tells the reader what to do; shown without a stack. */
export class ClearError extends Error {}

/** What to print of a failure: the sentence of a clear one, the stack of any other. */
export function explain(cause: unknown): string {
  if (cause instanceof ClearError) return cause.message;
  if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('ERR_PARSE_ARGS'))
    return `${cause.message} See --help.`;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
