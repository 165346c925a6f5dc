/** Another party's end point did not answer, or not as it must. */
export class FetchError extends Error {
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`${url}: ${reason}`, options);
    this.name = 'FetchError';
  }
}

/** How an address of somebody else is read. */
export interface FetchOptions {
  readonly timeoutMs: number;
  /** Lets an address be plain http; the configuration admits it for loopback addresses only. */
  readonly allowInsecureLoopback: boolean;
}

/** Statements of real federations take a few kilobytes, lists some tens. */
const BYTES_MAX = 512 * 1024;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Says whether an address may be read at all: https, or http on loopback where that is allowed. */
export function isReadable(text: string, options: Pick<FetchOptions, 'allowInsecureLoopback'>): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && options.allowInsecureLoopback && LOOPBACK.test(url.hostname);
}

/**
 * Reads a text that another party publishes. Redirects are not followed: an entity's address is its identity.
 *
 * @throws FetchError for every way in which it cannot be had
 */
export async function fetchText(url: string, accept: string, options: FetchOptions): Promise<string> {
  if (!isReadable(url, options)) throw new FetchError(url, 'must be https');
  try {
    const signal = AbortSignal.timeout(options.timeoutMs);
    const response = await fetch(url, { headers: { accept }, redirect: 'error', signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new FetchError(url, `answered ${response.status}`);
    }
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    if (type.trim().toLowerCase() !== accept) throw new FetchError(url, `is ${type || 'of no type'} and not ${accept}`);
    return await readBounded(url, response);
  } catch (error) {
    throw error instanceof FetchError ? error : new FetchError(url, 'cannot be read', { cause: error });
  }
}

async function readBounded(url: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BYTES_MAX) throw new FetchError(url, `is longer than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
