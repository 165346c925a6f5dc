import { setTimeout as sleep } from 'node:timers/promises';
import { frameOf, type ReaderFormat } from './frames.ts';
import { PseudoTerminal, pointLink, removeLink } from './pseudo-terminal.ts';

/** One byte at 9600 baud, 8N1. A pseudo-terminal knows no speed, so it is kept here. */
const BYTE_MS = 10 / 9.6;
/** How often a reader of the RDM6300 kind repeats a held card. */
export const REPEAT_EVERY_MS = 50;
export const HOLD_MAX_MS = 60_000;
export const GARBAGE_BYTES_MAX = 64 * 1024;

export interface Swipe {
  readonly badge: string;
  readonly format: ReaderFormat;
  /** How long the card lies on the reader; 0 for one frame. */
  readonly holdMs: number;
  /** Byte after byte as on a 9600 baud line, or the frame at once. */
  readonly isPaced: boolean;
}

/** Nothing can be read while the adapter is out. */
export class UnpluggedError extends Error {
  constructor() {
    super('the reader is unplugged: plug it in first');
    this.name = 'UnpluggedError';
  }
}

/** A badge reader on a virtual serial port, under a stable name. What it sends goes out one after the other. */
export class VirtualReader {
  readonly #link: string;
  #terminal: PseudoTerminal | null = null;
  #line: Promise<unknown> = Promise.resolve();

  constructor(link: string) {
    this.#link = link;
  }

  get isPlugged(): boolean {
    return this.#terminal !== null;
  }

  /** Plugs the adapter in: a new pair under the same name. Nothing happens if it is in already. */
  plug(): void {
    if (this.#terminal !== null) return;
    const terminal = new PseudoTerminal();
    try {
      pointLink(this.#link, terminal.hostPath);
    } catch (cause) {
      void terminal.close();
      throw cause;
    }
    this.#terminal = terminal;
  }

  /** Pulls the adapter out. */
  async unplug(): Promise<void> {
    const terminal = this.#terminal;
    this.#terminal = null;
    removeLink(this.#link);
    await terminal?.close();
  }

  /** Presents a card; resolves when its last byte is out. Returns how many frames that made. */
  swipe(swipe: Swipe): Promise<number> {
    const frame = frameOf(swipe.badge, swipe.format);
    const frames = 1 + Math.floor(Math.min(swipe.holdMs, HOLD_MAX_MS) / REPEAT_EVERY_MS);
    return this.#inTurn(async () => {
      for (let sent = 0; sent < frames; sent += 1) {
        if (sent > 0) await sleep(REPEAT_EVERY_MS);
        await this.#send(frame, swipe.isPaced);
      }
      return frames;
    });
  }

  /** A card pulled away too early: the first half of its frame. */
  half(badge: string, format: ReaderFormat): Promise<void> {
    const frame = frameOf(badge, format);
    return this.send(frame.subarray(0, Math.ceil(frame.length / 2)));
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#send(bytes, false));
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#line.then(work);
    this.#line = result.catch(() => undefined);
    return result;
  }

  async #send(bytes: Uint8Array, isPaced: boolean): Promise<void> {
    const terminal = this.#terminal;
    if (terminal === null) throw new UnpluggedError();
    if (!isPaced) return terminal.write(bytes);
    for (const byte of bytes) {
      await terminal.write(Uint8Array.of(byte));
      await sleep(BYTE_MS);
    }
  }
}
