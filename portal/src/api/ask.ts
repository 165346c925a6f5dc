import { ApiProblem, toProblem } from './problem.ts';

const REQUEST_TIMEOUT_MS = 15_000;

/** An answer of the gateway's own, and its body where it could be read. */
export interface Answer {
  readonly response: Response;
  readonly body: unknown;
}

/** Asks the gateway for something of its own, and hands back whatever it answers. @throws ApiProblem `offline` when nothing came in time */
export async function askFor(path: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await fetch(path, { ...init, signal });
    return { response, body: await response.json().catch(() => null) };
  } catch (cause) {
    throw new ApiProblem('offline', 0, { cause });
  }
}

/** Asks the gateway for something of its own. @throws ApiProblem for every answer that is not a success */
export async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  const { response, body } = await askFor(path, init);
  if (!response.ok) throw toProblem(response.status, body);
  return body;
}
