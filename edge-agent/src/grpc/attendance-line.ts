import { setTimeout as sleep } from 'node:timers/promises';
import type { LineState } from '../app/terminal.ts';
import { type BackOff, waitBefore } from '../domain/back-off.ts';
import { Conversation, type ConversationDeps, type Ended } from './conversation.ts';

/** Waits between attempts; the longest, with the wait for a welcome, leaves a new stream within 10 s of the line's return. */
const BACK_OFF: BackOff = { firstMs: 300, maxMs: 4_000 };
/** A terminal that is not known is not known in the next second either. */
const REFUSED_BACK_OFF: BackOff = { firstMs: 4_000, maxMs: 30_000 };
/** A stream that lived this long was a good one: the waits begin anew. */
const GOOD_AFTER_MS = 5_000;

export interface AttendanceLineDeps extends ConversationDeps {
  readonly addresses: readonly string[];
  setLine(state: LineState): void;
  info(fields: Readonly<Record<string, unknown>>, sentence: string): void;
}

/** Keeps one conversation with attendance alive for as long as the agent runs, one address after the other. */
export class AttendanceLine {
  readonly name = 'attendance line';
  readonly #deps: AttendanceLineDeps;
  readonly #stopping = new AbortController();
  #conversation: Conversation | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: AttendanceLineDeps) {
    this.#deps = deps;
  }

  /** Begins to connect and returns at once: the canteen opens without a line. */
  async start(): Promise<void> {
    this.#running = this.#keepConnected();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#conversation?.stop();
    await this.#running;
  }

  /** There is something to send. */
  notify(): void {
    this.#conversation?.pump();
  }

  /** The PC's clock was set or the PC slept: the offset must be measured now. */
  measureClock(): void {
    this.#conversation?.beat();
  }

  async #keepConnected(): Promise<void> {
    const { addresses } = this.#deps;
    let failures = 0;
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt += 1) {
      // Ten days without a line are one line in the log, not two hundred thousand.
      const ended = await this.#converse(addresses[attempt % addresses.length] ?? '', failures === 0);
      if (ended.kind === 'stopped') return;
      if (ended.upForMs >= GOOD_AFTER_MS) failures = 0;
      failures += 1;
      const hasOther = ended.kind === 'go_elsewhere' && failures < addresses.length;
      const waitMs = hasOther
        ? 0
        : waitBefore(ended.kind === 'refused' ? REFUSED_BACK_OFF : BACK_OFF, failures, Math.random());
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #converse(address: string, isFirstFailure: boolean): Promise<Ended> {
    const deps = this.#deps;
    this.#conversation = new Conversation(address, {
      ...deps,
      welcomed: (terminalName, schoolName) => {
        deps.setLine('up');
        deps.welcomed(terminalName, schoolName);
        deps.info({ address }, 'connected to attendance');
      },
    });
    const ended = await this.#conversation.ended;
    const isNews = isFirstFailure || ended.upForMs > 0;
    this.#conversation = null;
    // Between two replicas the line is not down: the next stream opens at once.
    if (ended.kind !== 'go_elsewhere') deps.setLine(ended.kind === 'refused' ? 'refused' : 'down');
    if (ended.kind === 'refused') {
      deps.warn(
        { address },
        'attendance does not know this terminal: check TERMINAL_ID and TERMINAL_KEY with the office',
      );
    } else if (isNews) deps.info({ address, reason: ended.reason }, 'attendance line down');
    return ended;
  }
}
