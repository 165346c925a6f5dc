import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it reached a service. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A service behind the gateway, on a real socket; it notes what reaches it. */
export interface Upstream {
  readonly url: string;
  readonly received: Received[];
  /** What it does with the next requests. */
  answer: (response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Starts it; it answers `{"here":true}`. */
export async function startUpstream(): Promise<Upstream> {
  const received: Received[] = [];
  const upstream = { answer: (response: ServerResponse) => void sendJson(response) };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
      upstream.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${port}`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** The ordinary answer, with headers that a service must not be able to set. */
export function sendJson(response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  response.setHeader('set-cookie', 'campanella_session=planted');
  response.setHeader('x-powered-by', 'something');
  response.end('{"here":true}');
}
