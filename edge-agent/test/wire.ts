import { connect, createServer, type Server, type Socket } from 'node:net';

/** A wire between agent and platform that can be cut without either end being told: half-open. */
export class Wire {
  readonly #target: () => string;
  readonly #ends = new Set<Socket>();
  #isCut = false;
  #server: Server | null = null;
  address = '';

  constructor(target: () => string) {
    this.#target = target;
  }

  async start(): Promise<void> {
    const server = createServer((near) => this.#join(near));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    this.address = `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  }

  /** From now on bytes go nowhere; no socket closes. New connections are taken and stay silent. */
  cut(): void {
    this.#isCut = true;
  }

  /** The line is back for new connections; those from before stay dead, as behind a router that forgot them. */
  mend(): void {
    this.#isCut = false;
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) end.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #join(near: Socket): void {
    this.#ends.add(near);
    near.on('error', () => near.destroy());
    let isDead = this.#isCut;
    if (isDead) return;
    const [host = '', port = ''] = this.#target().split(':');
    const far = connect(Number(port), host);
    this.#ends.add(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => {
        isDead ||= this.#isCut;
        if (!isDead) to.write(bytes);
      });
      from.on('close', () => {
        isDead ||= this.#isCut;
        if (!isDead) to.destroy();
      });
    }
    far.on('error', () => near.destroy());
  }
}
