import { SerialPort } from 'serialport';
import type { ReaderState } from '../app/terminal.ts';
import { type BackOff, waitBefore } from '../domain/back-off.ts';
import { FORMATS, type FormatName } from '../domain/frames/formats.ts';
import { type FrameFormat, type FrameState, feed, justOpened, SILENCE_MS } from '../domain/frames/frame-format.ts';
import { HOLD_MS, NO_CARD, present } from '../domain/presentation.ts';
import type { FrameError, Reading } from '../domain/reading.ts';

/** Waits between attempts to open a port: a reader plugged in again is up within two seconds. */
const REOPEN: BackOff = { firstMs: 200, maxMs: 2_000 };

/** One reader, as the configuration names it. */
export interface SerialReaderSettings {
  /** A stable path, e.g. `/dev/serial/by-id/...`; it is also the reader's name. */
  readonly path: string;
  readonly format: FormatName;
  readonly baudRate: number;
  readonly silenceMs?: number;
  readonly holdMs?: number;
}

export interface SerialReaderDeps {
  readonly monotonicMs: () => number;
  /** A card was put on the reader. */
  readonly tapped: (reading: Reading) => void;
  readonly failed: (error: FrameError) => void;
  readonly stateChanged: (state: ReaderState, detail: string | null) => void;
}

/** Reads one serial port for as long as the agent runs: opens it, and opens it again when the adapter was pulled. */
export class SerialReader {
  readonly name: string;
  readonly #settings: SerialReaderSettings;
  readonly #deps: SerialReaderDeps;
  #port: SerialPort | null = null;
  readonly #format: FrameFormat;
  readonly #silenceMs: number;
  #frames: FrameState;
  #card = NO_CARD;
  #failures = 0;
  #isStopped = false;
  #reopenTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #askTimer: NodeJS.Timeout | undefined;

  constructor(settings: SerialReaderSettings, deps: SerialReaderDeps) {
    this.name = `reader ${settings.path}`;
    this.#settings = settings;
    this.#deps = deps;
    this.#format = FORMATS[settings.format];
    this.#silenceMs = settings.silenceMs ?? this.#format.silenceMs ?? SILENCE_MS;
    this.#frames = justOpened(this.#format, deps.monotonicMs());
  }

  /** Begins to open the port and returns at once: a reader that is not there yet is a state, not a fault. */
  async start(): Promise<void> {
    this.#open();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#reopenTimer);
    clearTimeout(this.#silenceTimer);
    clearInterval(this.#askTimer);
    const port = this.#port;
    if (port?.isOpen === true) await new Promise<void>((resolve) => port.close(() => resolve()));
  }

  #open(): void {
    const { path, baudRate } = this.#settings;
    const port = new SerialPort({ path, baudRate, autoOpen: false });
    this.#port = port;
    // An unplugged adapter is noticed only while somebody reads, and then as `close`.
    port.on('data', (chunk: Uint8Array) => this.#take(chunk));
    port.on('close', (cause: Error | null) => this.#lost('down', cause?.message ?? null));
    port.on('error', (cause: Error) => this.#deps.stateChanged('down', cause.message));
    port.open((cause) => {
      if (this.#isStopped) return port.close(() => undefined);
      if (cause !== null) return this.#lost(stateOf(cause), cause.message);
      this.#failures = 0;
      this.#frames = justOpened(this.#format, this.#deps.monotonicMs());
      this.#deps.stateChanged('up', null);
      this.#ask(port);
    });
  }

  /** A reader that only answers is asked, one question after the other, for as long as its port is open. */
  #ask(port: SerialPort): void {
    const { poll } = this.#format;
    if (poll === undefined) return;
    for (const bytes of poll.opening) port.write(bytes);
    let asked = 0;
    clearInterval(this.#askTimer);
    this.#askTimer = setInterval(() => {
      port.write(poll.questions[asked % poll.questions.length]);
      asked += 1;
    }, poll.everyMs);
  }

  #lost(state: ReaderState, detail: string | null): void {
    this.#port = null;
    clearInterval(this.#askTimer);
    if (this.#isStopped) return;
    this.#failures += 1;
    this.#deps.stateChanged(state, detail);
    clearTimeout(this.#reopenTimer);
    this.#reopenTimer = setTimeout(() => this.#open(), waitBefore(REOPEN, this.#failures, Math.random()));
  }

  #take(chunk: Uint8Array): void {
    const { holdMs = HOLD_MS } = this.#settings;
    const nowMs = this.#deps.monotonicMs();
    const { readings, errors, state } = feed(this.#format, this.#frames, chunk, nowMs, this.#silenceMs);
    this.#frames = state;
    for (const error of errors) this.#deps.failed(error);
    for (const reading of readings) {
      const { isTap, card } = present(this.#card, reading, nowMs, holdMs);
      this.#card = card;
      if (isTap) this.#deps.tapped(reading);
    }
    clearTimeout(this.#silenceTimer);
    if (state.rest.length > 0) this.#silenceTimer = setTimeout(() => this.#take(NO_BYTES), this.#silenceMs + 1);
  }
}

const NO_BYTES = new Uint8Array(0);

/** What the operating system says when a port does not open, as a state with something to do. */
function stateOf(cause: Error): ReaderState {
  if (/lock|busy|temporarily unavailable/i.test(cause.message)) return 'locked';
  if (/no such file|cannot find|not found/i.test(cause.message)) return 'missing';
  return 'down';
}

/** The ports the system lists, for the log; empty where it cannot tell (Debian without udev). */
export async function listPorts(): Promise<readonly string[]> {
  try {
    return (await SerialPort.list()).map(({ path }) => path);
  } catch {
    return [];
  }
}
