import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { ReadStream } from 'node:tty';

/** What the prebuilt binding of node-pty offers; only opening a pair is used. */
interface PtyBinding {
  open(columns: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
}

/**
 * Loads the binding alone. Its package's own terminal class must not be used for an opened pair: having no child it takes -1
 * for the child's process id, and its `destroy()` then signals every process that this user may signal.
 */
function loadBinding(): PtyBinding {
  const name = `@lydell/node-pty-${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url)(`${name}/pty.node`);
  } catch (cause) {
    throw new Error(`no virtual serial port on ${process.platform} ${process.arch}: ${name} is not installed`, {
      cause,
    });
  }
}

/** One plugged-in virtual adapter: what is written here, a program that opened the host's side reads. */
export class PseudoTerminal {
  readonly hostPath: string;
  readonly #master: ReadStream;
  readonly #slave: ReadStream;

  constructor() {
    const pair = loadBinding().open(80, 24);
    this.hostPath = pair.pty;
    this.#master = new ReadStream(pair.master);
    this.#slave = new ReadStream(pair.slave);
    // Kept open and never read: with no host there yet the line stays raw, and nothing is echoed or translated.
    this.#slave.setRawMode(true);
    this.#slave.pause();
    // What a host writes to a reader is of no interest, but must not fill the line.
    this.#master.on('data', () => undefined);
    for (const end of [this.#master, this.#slave]) end.on('error', () => undefined);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#master.write(bytes, (cause) => (cause === null || cause === undefined ? resolve() : reject(cause)));
    });
  }

  /** Pulls the adapter out: a program that has the host's side open sees the line hang up. */
  async close(): Promise<void> {
    await Promise.all(
      [this.#master, this.#slave].map(
        (end) =>
          new Promise<void>((resolve) => {
            end.once('close', () => resolve());
            end.destroy();
          }),
      ),
    );
  }
}

/** Points a stable name at the host's side, as udev does under /dev/serial/by-id. @throws where a real file has the name */
export function pointLink(link: string, hostPath: string): void {
  removeLink(link);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(hostPath, link);
}

/** Removes the stable name, if it is one of ours. */
export function removeLink(link: string): void {
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSymbolicLink()) throw new Error(`${link} is a file of its own: choose another path for --link`);
  rmSync(link);
}

/** Says whether a link points at a terminal that is there. */
export function isPlugged(link: string): boolean {
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && existsSync(readlinkSync(link));
}
