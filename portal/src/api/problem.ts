/**
 * A request that did not succeed, told apart by what the parent has to do: sign in again, wait, or call the office.
 *
 * `kind` is the problem details' own (`signed_out`, `not_found`, `inverted_range`, …), `offline` when no answer came at all, and
 * `internal` for an answer that explains nothing.
 */
export class ApiProblem extends Error {
  readonly kind: string;
  readonly status: number;

  constructor(kind: string, status: number, options?: ErrorOptions) {
    super(kind, options);
    this.name = 'ApiProblem';
    this.kind = kind;
    this.status = status;
  }
}

/** Reads problem details (RFC 9457) out of whatever body a refused request had. */
export function toProblem(status: number, body: unknown): ApiProblem {
  const kind = typeof body === 'object' && body !== null && 'kind' in body ? body.kind : undefined;
  return new ApiProblem(typeof kind === 'string' ? kind : status === 401 ? 'signed_out' : 'internal', status);
}

/** What a failed request asks of the parent. */
export type Trouble = 'signed_out' | 'refused' | 'offline' | 'too_many' | 'away';

/** Sorts a failure by what the parent has to do about it. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof ApiProblem)) return 'away';
  if (error.kind === 'signed_out' || error.status === 401) return 'signed_out';
  if (error.status === 404 || error.status === 403) return 'refused';
  if (error.kind === 'offline') return 'offline';
  return error.status === 429 ? 'too_many' : 'away';
}

/** Another attempt by itself is worth it only where the fault may have passed: never for a refusal. */
export function mayPass(error: unknown): boolean {
  const trouble = troubleOf(error);
  return trouble === 'offline' || trouble === 'away';
}
