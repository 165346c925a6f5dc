import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A Checkout that notes the carts it is sent, on a real socket. */
export interface CheckoutDesk {
  readonly cartsUrl: string;
  readonly key: string;
  /** Bodies of carts, as they came. */
  readonly carts: unknown[];
  /** What it answers; 302 by default. */
  status: number;
  close(): Promise<void>;
}

/** Starts it. */
export async function startCheckoutDesk(): Promise<CheckoutDesk> {
  const key = 'test-key';
  const carts: unknown[] = [];
  const desk = { status: 302 };
  const server = createServer(async (request: IncomingMessage, response) => {
    const body: unknown = JSON.parse(await text(request));
    if (request.headers['ocp-apim-subscription-key'] !== key) return void response.writeHead(401).end();
    carts.push(body);
    if (desk.status === 302) {
      return void response.writeHead(302, { location: `https://checkout.invalid/cart/${carts.length}` }).end();
    }
    response.writeHead(desk.status, { 'content-type': 'application/problem+json' }).end('{"title":"away"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(desk, {
    cartsUrl: `http://127.0.0.1:${port}/checkout/ec/v2/carts`,
    key,
    carts,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
