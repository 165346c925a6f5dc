import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Makes a server listen and answers its address as `host:port`.
 *
 * @throws Error that says which port of which part is taken and what to change
 */
export function listen(
  server: Server,
  options: { readonly name: string; readonly host: string; readonly port: number },
): Promise<string> {
  const { name, host, port } = options;
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(portFault(name, host, port, cause));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      const bound = server.address() as AddressInfo;
      resolve(`${host}:${bound.port}`);
    });
  });
}

/** Says of a failed listen what to do about it. */
export function portFault(
  name: string,
  host: string,
  port: number,
  cause: Error & { code?: string | undefined },
): Error {
  const isTaken =
    cause.code === 'EADDRINUSE' || /EADDRINUSE|address already in use|No address added/i.test(cause.message);
  const advice = isTaken ? 'another process has it: stop that one, or set another port' : cause.message;
  return new Error(`${name} cannot listen on ${host}:${port}: ${advice}`, { cause });
}
