import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly location: string;
  json(): Record<string, unknown>;
}

/** One request. Headers may be anything, also what a browser would never send. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

/** A browser as far as a gateway can tell: keeps cookies (by host, not by port, as RFC 6265 has it), follows only when told to. */
export interface Browser {
  readonly cookies: Map<string, string>;
  ask(url: string, ask?: Ask): Promise<Answer>;
}

/** Opens a browser without cookies. */
export function openBrowser(): Browser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    ask: async (url, ask = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await send(url, { ...ask, headers: { ...(cookie === '' ? {} : { cookie }), ...ask.headers } });
      for (const line of answer.headers['set-cookie'] ?? []) keep(cookies, line);
      return answer;
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  const isGone = attributes.some((attribute) => {
    const [key = '', text = ''] = attribute.toLowerCase().split('=');
    return (key === 'max-age' && Number(text) <= 0) || (key === 'expires' && Date.parse(text) < Date.now());
  });
  if (isGone) cookies.delete(name);
  else cookies.set(name, value);
}

/** Sends one request as it is given. */
export function send(url: string, ask: Ask = {}): Promise<Answer> {
  // Not parsed into a URL: that would clean up the very paths that some tests are about.
  const match = /^http:\/\/([^/:]+):(\d+)(\/.*)?$/.exec(url);
  if (match === null) throw new TypeError(`not an address of a test: ${url}`);
  const [, hostname, port, path = '/'] = match;
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = ask;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = httpRequest({ hostname, port, path, method, headers: { ...length, ...headers }, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text,
          location: incoming.headers.location ?? '',
          json: () => JSON.parse(text),
        });
      });
    });
    outgoing.end(body);
  });
}
