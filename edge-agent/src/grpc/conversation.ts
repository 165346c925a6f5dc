import {
  type ConnectRequest,
  type ConnectResponse,
  type DirectoryUpdate,
  SwipeOutcome,
  type SwipeResult,
  TerminalServiceClient,
} from '@campanella/proto/attendance/v1/terminal';
import { type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Clock } from '../app/clock.ts';
import type { JournalEntry } from '../app/journal.ts';
import { measureOffset } from '../domain/clock-offset.ts';
import type { DirectoryChange } from '../domain/directory.ts';
import { DirectoryPages } from './directory-pages.ts';

/** Most swipes in one message. */
export const BATCH_MAX = 200;
/** How long a platform may take to welcome a terminal; with the longest wait between attempts it stays under 10 s. */
const WELCOME_WITHIN_MS = 4_000;
const HEARTBEAT_EVERY_MS = 15_000;
/** How long results may stand still while some are awaited, before the swipes are sent again on another stream. */
const RESULTS_WITHIN_MS = 10_000;
/** How long a draining platform may still answer what it got. */
const LEAVE_WITHIN_MS = 2_000;
/** A line that died without a word is noticed within the sum of the two. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 5_000, 'grpc.keepalive_timeout_ms': 3_000 };
const WINDOW_MAX = 2_000;
/** What a stream that was left in good order gets to close by itself. */
const CANCEL_AFTER_MS = 500;

/** How long the conversation may wait for what; a test shortens it. */
export interface ConversationTimes {
  readonly welcomeWithinMs: number;
  readonly heartbeatEveryMs: number;
  readonly resultsWithinMs: number;
  readonly leaveWithinMs: number;
}

export const CONVERSATION_TIMES: ConversationTimes = {
  welcomeWithinMs: WELCOME_WITHIN_MS,
  heartbeatEveryMs: HEARTBEAT_EVERY_MS,
  resultsWithinMs: RESULTS_WITHIN_MS,
  leaveWithinMs: LEAVE_WITHIN_MS,
};

/** What a conversation needs from the terminal. */
export interface ConversationDeps {
  readonly identity: {
    readonly terminalId: string;
    readonly terminalKey: string;
    readonly municipalityId: number;
    readonly schoolId: string;
    readonly agentVersion: string;
  };
  readonly clock: Clock;
  readonly times: ConversationTimes;
  unsentAfter(seq: number, limit: number): readonly JournalEntry[];
  unsentCount(): number;
  directoryVersion(): number;
  readerSummary(): string;
  welcomed(terminalName: string, schoolName: string): void;
  takeResults(results: readonly { swipeId: string; outcome: number; isSecondOfDay: boolean }[]): void;
  takeDirectory(change: DirectoryChange): void;
  observeOffset(offsetMs: number): void;
  warn(fields: Readonly<Record<string, unknown>>, sentence: string): void;
}

/** How a conversation ended. `refused`: the platform does not know this terminal or its key. */
export type Ended = {
  readonly kind: 'broken' | 'go_elsewhere' | 'refused' | 'stopped';
  readonly reason: string;
  readonly upForMs: number;
};

/** One stream to one address of attendance, from Hello to its end. Swipes go out in journal order within the window. */
export class Conversation {
  readonly #deps: ConversationDeps;
  readonly #client: TerminalServiceClient;
  readonly #call: ClientDuplexStream<ConnectRequest, ConnectResponse>;
  readonly #pages = new DirectoryPages();
  readonly #awaited = new Set<string>();
  readonly #ended = Promise.withResolvers<Ended>();
  #sentUpTo = 0;
  #window = 0;
  #isClogged = false;
  #isLeaving = false;
  #isOver = false;
  #asked: { agentClockMs: number; monotonicMs: number };
  #welcomedAtMs: number | null = null;
  #heartbeatTimer: NodeJS.Timeout | undefined;
  #waitTimer: NodeJS.Timeout | undefined;

  constructor(address: string, deps: ConversationDeps) {
    this.#deps = deps;
    this.#client = new TerminalServiceClient(address, credentials.createInsecure(), {
      ...KEEPALIVE,
      // A pool of its own: a shared one would bring its own, longer, back-off from the attempt before.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
    });
    const metadata = new Metadata();
    metadata.set('x-terminal-id', deps.identity.terminalId);
    metadata.set('x-terminal-key', deps.identity.terminalKey);
    this.#call = this.#client.connect(metadata);
    this.#call.on('data', (message: ConnectResponse) => this.#receive(message));
    this.#call.on('error', (error: ServiceError) => this.#broke(error));
    this.#call.on('end', () => this.#end(this.#isLeaving ? 'go_elsewhere' : 'broken', 'the platform ended the stream'));
    this.#call.on('drain', () => {
      this.#isClogged = false;
      this.pump();
    });
    this.#asked = this.#now();
    this.#waitFor(deps.times.welcomeWithinMs, 'no welcome in time');
    this.#greet();
  }

  /** Resolves when the stream is over, whoever ended it. */
  get ended(): Promise<Ended> {
    return this.#ended.promise;
  }

  /** Sends what the journal holds and the window allows: one at once when live, many in a message when behind. */
  pump(): void {
    while (this.#welcomedAtMs !== null && !this.#isLeaving && !this.#isClogged && !this.#isOver) {
      const room = Math.min(BATCH_MAX, this.#window - this.#awaited.size);
      const entries = room > 0 ? this.#deps.unsentAfter(this.#sentUpTo, room) : [];
      const last = entries.at(-1);
      if (last === undefined) return;
      if (this.#awaited.size === 0) this.#waitFor(this.#deps.times.resultsWithinMs, 'no results in time');
      for (const { swipeId } of entries) this.#awaited.add(swipeId);
      this.#sentUpTo = last.seq;
      this.#write({ $case: 'swipes', value: { swipes: entries.map(toSwipe) } });
    }
  }

  /** Asks the platform for its clock now. */
  beat(): void {
    if (this.#welcomedAtMs === null || this.#isOver) return;
    this.#asked = this.#now();
    const value = {
      agentClockMs: this.#asked.agentClockMs,
      unsentCount: this.#deps.unsentCount(),
      readerState: this.#deps.readerSummary(),
    };
    this.#write({ $case: 'heartbeat', value });
  }

  stop(): void {
    this.#end('stopped', 'the agent stops');
  }

  #greet(): void {
    const { municipalityId, schoolId, agentVersion } = this.#deps.identity;
    const hello = {
      municipalityId,
      schoolId,
      agentVersion,
      agentClockMs: this.#asked.agentClockMs,
      directoryVersion: this.#deps.directoryVersion(),
      unsentCount: this.#deps.unsentCount(),
    };
    this.#write({ $case: 'hello', value: hello });
  }

  #receive({ message }: ConnectResponse): void {
    if (this.#isOver) return;
    switch (message?.$case) {
      case 'welcome': {
        const { terminalName, schoolName, platformClockMs, windowMax } = message.value;
        this.#welcomedAtMs = this.#deps.clock.monotonicMs();
        this.#window = Math.min(WINDOW_MAX, Math.max(1, windowMax));
        clearTimeout(this.#waitTimer);
        this.#measure(this.#asked.agentClockMs, platformClockMs);
        this.#deps.welcomed(terminalName, schoolName);
        // The Hello's answer waited for a connection; the first heartbeat measures the clock on an open one.
        this.beat();
        this.#heartbeatTimer = setInterval(() => this.beat(), this.#deps.times.heartbeatEveryMs);
        this.pump();
        return;
      }
      case 'results':
        this.#takeResults(message.value.results);
        return;
      case 'heartbeatAnswer':
        this.#measure(message.value.agentClockMs, message.value.platformClockMs);
        return;
      case 'directory':
        this.#attempt('the directory could not be kept', () => this.#takeDirectory(message.value));
        return;
      case 'goElsewhere':
        this.#leave();
        return;
      case undefined:
        return;
    }
  }

  #takeDirectory(page: DirectoryUpdate): void {
    const change = this.#pages.take(page);
    if (change === null) return;
    if (this.#pages.faultCount > 0) {
      this.#deps.warn({ faultCount: this.#pages.faultCount }, 'directory records were left out as malformed');
    }
    // An older delta comes from a replica that lags: what is held is newer.
    if (change.isSnapshot || change.version > this.#deps.directoryVersion()) this.#deps.takeDirectory(change);
  }

  #takeResults(results: readonly SwipeResult[]): void {
    const known = results
      .filter(({ outcome }) => outcome !== SwipeOutcome.UNSPECIFIED)
      .map(({ swipeId, outcome }) => ({ swipeId, outcome, isSecondOfDay: outcome === SwipeOutcome.SECOND_OF_DAY }));
    const isMarked = this.#attempt('results could not be kept', () => this.#deps.takeResults(known));
    // Not marked on the disk: the platform will be asked again, on a stream to come.
    if (!isMarked) return;
    const isProgress = known.filter(({ swipeId }) => this.#awaited.delete(swipeId)).length > 0;
    if (this.#isLeaving) {
      this.#leave();
      return;
    }
    if (!isProgress) return;
    clearTimeout(this.#waitTimer);
    if (this.#awaited.size > 0) this.#waitFor(this.#deps.times.resultsWithinMs, 'no results in time');
    this.pump();
  }

  /** The platform drains: nothing more is sent, and what was sent may still be answered here. */
  #leave(): void {
    this.#isLeaving = true;
    const leave = (): void => this.#end('go_elsewhere', 'the platform drains');
    clearTimeout(this.#waitTimer);
    if (this.#awaited.size === 0) leave();
    else this.#waitTimer = setTimeout(leave, this.#deps.times.leaveWithinMs);
  }

  #measure(agentClockMs: number, platformClockMs: number): void {
    // An answer to an older question says nothing about the round trip.
    if (agentClockMs !== this.#asked.agentClockMs) return;
    const roundTripMs = this.#deps.clock.monotonicMs() - this.#asked.monotonicMs;
    const offsetMs = measureOffset(agentClockMs, platformClockMs, roundTripMs);
    if (offsetMs !== null)
      this.#attempt('the clock offset could not be kept', () => this.#deps.observeOffset(offsetMs));
  }

  #attempt(fault: string, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (err) {
      this.#deps.warn({ err }, fault);
      return false;
    }
  }

  #write(message: NonNullable<ConnectRequest['message']>): void {
    if (!this.#call.write({ message })) this.#isClogged = true;
  }

  #now(): { agentClockMs: number; monotonicMs: number } {
    return { agentClockMs: Math.round(this.#deps.clock.wallMs()), monotonicMs: this.#deps.clock.monotonicMs() };
  }

  #waitFor(timeoutMs: number, reason: string): void {
    clearTimeout(this.#waitTimer);
    this.#waitTimer = setTimeout(() => this.#end('broken', reason), timeoutMs);
  }

  #broke(error: ServiceError): void {
    const isRefused = error.code === status.UNAUTHENTICATED || error.code === status.PERMISSION_DENIED;
    this.#end(isRefused ? 'refused' : this.#isLeaving ? 'go_elsewhere' : 'broken', status[error.code] ?? 'UNKNOWN');
  }

  #end(kind: Ended['kind'], reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#heartbeatTimer);
    clearTimeout(this.#waitTimer);
    // `end` first: a platform that still listens sees a terminal that leaves, not one that broke.
    this.#call.end();
    if (kind === 'stopped' || kind === 'go_elsewhere') setTimeout(() => this.#call.cancel(), CANCEL_AFTER_MS).unref();
    else this.#call.cancel();
    this.#client.close();
    const upForMs = this.#welcomedAtMs === null ? 0 : this.#deps.clock.monotonicMs() - this.#welcomedAtMs;
    this.#ended.resolve({ kind, reason, upForMs });
  }
}

function toSwipe(entry: JournalEntry): {
  swipeId: string;
  badgeNumber: string;
  occurredAtMs: number;
  serviceDate: string;
  service: string;
  traceparent: string;
} {
  const { swipeId, badgeNumber, occurredAtMs, serviceDate, service } = entry;
  return { swipeId, badgeNumber, occurredAtMs, serviceDate, service, traceparent: '' };
}
