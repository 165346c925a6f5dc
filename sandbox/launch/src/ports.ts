import { createServer } from 'node:net';
import { ClearError } from './clear-error.ts';

/** Below the ports that systems give to outgoing connections, so that none of these takes one before its part listens. */
const FIRST = 20_000;
const COUNT = 9_000;

/** Gives free ports of loopback, none of them twice. */
export class Ports {
  #next = Math.floor(Math.random() * COUNT);

  async free(): Promise<number> {
    for (let tried = 0; tried < COUNT; tried += 1) {
      const port = FIRST + (this.#next++ % COUNT);
      if (await isFree(port)) return port;
    }
    throw new ClearError('No free port was found on this machine.');
  }

  /** The wished port, or a free one where it is taken. */
  async freeOr(wished: number): Promise<number> {
    return (await isFree(wished)) ? wished : this.free();
  }
}

/** Says whether nobody listens on a port of loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
