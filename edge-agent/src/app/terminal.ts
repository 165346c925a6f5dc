import { EventEmitter } from 'node:events';
import { id, type ServiceCode, type SwipeId, serviceDateAt } from '@campanella/vocabulary';
import { v7 as uuidV7 } from 'uuid';
import {
  type BadgeIndex,
  type DirectoryChange,
  type DirectoryEntry,
  dietOn,
  indexBadges,
} from '../domain/directory.ts';
import { COLOUR_OF, type Colour, judgeSwipe, type SwipeVerdict } from '../domain/judge-swipe.ts';
import type { FrameError, FrameErrorKind, Reading } from '../domain/reading.ts';
import type { PlatformClock } from './clock.ts';
import type { DirectoryStore } from './directory-store.ts';
import {
  ANSWERED_KEPT_MS,
  type AppendRefusal,
  type Journal,
  type JournalResult,
  type JournalSwipe,
} from './journal.ts';

/** What happened to the last badge, as the screen shows it. Money is no part of it. */
export interface ShownSwipe {
  readonly swipeId: string;
  readonly badgeNumber: string;
  readonly colour: Colour;
  readonly verdict: SwipeVerdict;
  readonly displayName: string | null;
  readonly className: string | null;
  readonly dietCode: string | null;
  readonly atMs: number;
  /** Whether the platform has answered it. */
  readonly isAnswered: boolean;
}

export type LineState = 'up' | 'down' | 'refused';
export type ReaderState = 'up' | 'missing' | 'locked' | 'down';
export type JournalState = 'ok' | 'disk_full' | 'disk_failed' | 'journal_full';

/** Everything the screen shows. */
export interface ScreenState {
  readonly lastSwipe: ShownSwipe | null;
  /** The last bytes that gave no badge; null after a good one. */
  readonly readerFault: { readonly kind: FrameErrorKind; readonly atMs: number } | null;
  readonly unsentCount: number;
  readonly swipesTodayCount: number;
  readonly line: LineState;
  readonly readers: readonly { readonly name: string; readonly state: ReaderState }[];
  readonly journal: JournalState;
  /** A damaged journal was found at the start and put aside for the technician. */
  readonly hasDamagedJournal: boolean;
  readonly serviceDate: string;
  readonly clockOffsetMs: number;
  readonly directory: { readonly version: number; readonly pupilCount: number; readonly appliedAtMs: number };
  readonly place: { readonly terminal: string; readonly school: string } | null;
}

export interface TerminalDeps {
  readonly journal: Journal;
  readonly directory: DirectoryStore;
  readonly clock: PlatformClock;
  readonly service: ServiceCode;
  /** Told of faults worth a technician's look; never with a badge number. */
  readonly warn: (fields: Readonly<Record<string, unknown>>, sentence: string) => void;
}

const VERDICT_OF_REFUSAL = {
  disk_full: 'not_recorded_disk_full',
  disk_failed: 'not_recorded_disk_failed',
  journal_full: 'not_recorded_journal_full',
} as const satisfies Record<AppendRefusal['kind'], SwipeVerdict>;

/** Faults of a line that a cook can do something about; bare noise is not one of them. */
const SHOWN_FAULTS: ReadonlySet<FrameErrorKind> = new Set(['wrong_check', 'track_unreadable', 'payment_card']);

const FAULT_LOGGED_EVERY_MS = 60_000;

/** The terminal: takes readings, writes them to the journal, and only then says green. Emits `changed` and `swiped`. */
export class Terminal extends EventEmitter<{ changed: []; swiped: [] }> {
  readonly #deps: TerminalDeps;
  readonly #readers = new Map<string, ReaderState>();
  readonly #faultDueAtMs = new Map<string, number>();
  #index: BadgeIndex;
  #lastSwipe: ShownSwipe | null = null;
  #readerFault: ScreenState['readerFault'] = null;
  #line: LineState = 'down';
  #journalState: JournalState = 'ok';
  #place: ScreenState['place'] = null;

  constructor(deps: TerminalDeps) {
    super();
    this.#deps = deps;
    this.#index = indexBadges(deps.directory.pupils());
  }

  /** Records one tap of a badge and shows what became of it. */
  take(reading: Reading): void {
    const { journal, clock, service, directory } = this.#deps;
    const entry = this.#index.find(reading);
    const atMs = clock.nowMs();
    const swipe = {
      swipeId: id<SwipeId>(uuidV7()),
      badgeNumber: entry?.badge.number ?? reading.number,
      pupilId: entry?.pupil.pupilId ?? null,
      occurredAtMs: atMs,
      serviceDate: serviceDateAt(new Date(atMs)),
      service,
    };
    const judge = (): SwipeVerdict =>
      judgeSwipe({
        entry,
        isDirectoryLoaded: directory.version > 0,
        service,
        serviceDate: swipe.serviceDate,
        hasSwipedToday: journal.hasSwipe(swipe),
      });
    const verdict = this.#record(judge, () => journal.append(swipe));
    this.#readerFault = null;
    this.#lastSwipe = shown(swipe, verdict, entry, atMs);
    this.emit('changed');
    if (COLOUR_OF[verdict] !== 'red') this.emit('swiped');
  }

  /** The verdict is asked before the swipe is written, since afterwards every swipe would be the second. */
  #record(judge: () => SwipeVerdict, append: () => ReturnType<Journal['append']>): SwipeVerdict {
    try {
      const verdict = judge();
      const appended = append();
      if (appended.ok) {
        this.#journalState = 'ok';
        return verdict;
      }
      return this.#refused(appended.refusal);
    } catch (cause) {
      return this.#refused({ kind: 'disk_failed', cause });
    }
  }

  #refused(refusal: AppendRefusal): (typeof VERDICT_OF_REFUSAL)[AppendRefusal['kind']] {
    if (this.#journalState !== refusal.kind) {
      const cause = refusal.kind === 'disk_failed' ? refusal.cause : undefined;
      this.#deps.warn({ reason: refusal.kind, err: cause }, 'the journal cannot record swipes');
    }
    this.#journalState = refusal.kind;
    return VERDICT_OF_REFUSAL[refusal.kind];
  }

  /** Shows bytes that gave no badge, where the cook can do something about it. */
  takeFault(readerName: string, error: FrameError): void {
    this.#logFault(readerName, error);
    if (!SHOWN_FAULTS.has(error.kind)) return;
    this.#readerFault = { kind: error.kind, atMs: this.#deps.clock.nowMs() };
    this.emit('changed');
  }

  /** A reader at the wrong speed sends noise without end: one line a minute says so. */
  #logFault(readerName: string, error: FrameError): void {
    const key = `${readerName} ${error.kind}`;
    const nowMs = this.#deps.clock.nowMs();
    const dueMs = this.#faultDueAtMs.get(key) ?? 0;
    // A clock that was set back would else keep the log silent for hours.
    if (nowMs < dueMs && dueMs - nowMs <= FAULT_LOGGED_EVERY_MS) return;
    this.#faultDueAtMs.set(key, nowMs + FAULT_LOGGED_EVERY_MS);
    this.#deps.warn({ readerName, reason: error.kind, bytes: error.bytes }, 'the reader sent bytes that are no badge');
  }

  /** Tries the journal, so that a full disk shows before lunch and a freed one without a swipe. */
  checkJournal(): void {
    const before = this.#journalState;
    const probed = this.#deps.journal.probe();
    if (probed.ok) this.#journalState = 'ok';
    else this.#refused(probed.refusal);
    if (before !== this.#journalState) this.emit('changed');
  }

  /** Removes what was answered long ago. */
  tidyJournal(): void {
    try {
      this.#deps.journal.forgetAnswered(this.#deps.clock.nowMs() - ANSWERED_KEPT_MS);
    } catch (err) {
      this.#deps.warn({ err }, 'old swipes cannot be removed from the journal');
    }
  }

  /** Takes the platform's results. A second swipe of the day at another terminal shows, if it is still on the screen. */
  takeResults(results: readonly (JournalResult & { readonly isSecondOfDay: boolean })[]): void {
    this.#deps.journal.markAnswered(results, this.#deps.clock.nowMs());
    const last = this.#lastSwipe;
    const result = results.find(({ swipeId }) => swipeId === last?.swipeId);
    if (last !== null && result !== undefined) {
      const verdict = result.isSecondOfDay && last.verdict === 'served' ? 'second_of_day' : last.verdict;
      this.#lastSwipe = { ...last, isAnswered: true, verdict, colour: COLOUR_OF[verdict] };
    }
    this.emit('changed');
  }

  takeDirectory(change: DirectoryChange): void {
    this.#deps.directory.apply(change, this.#deps.clock.nowMs());
    this.#index = indexBadges(this.#deps.directory.pupils());
    this.emit('changed');
  }

  setReader(name: string, state: ReaderState): void {
    this.#readers.set(name, state);
    this.emit('changed');
  }

  /** The readers in one word for the platform. */
  readerSummary(): string {
    const states = [...this.#readers.values()];
    if (states.length === 0) return 'none';
    return states.find((state) => state !== 'up') ?? 'up';
  }

  setLine(state: LineState): void {
    if (this.#line === state) return;
    this.#line = state;
    this.emit('changed');
  }

  setPlace(terminal: string, school: string): void {
    this.#place = { terminal, school };
    this.emit('changed');
  }

  state(): ScreenState {
    const { journal, directory, clock } = this.#deps;
    const serviceDate = serviceDateAt(new Date(clock.nowMs()));
    return {
      lastSwipe: this.#lastSwipe,
      readerFault: this.#readerFault,
      unsentCount: journal.unsentCount,
      swipesTodayCount: journal.countOn(serviceDate),
      line: this.#line,
      readers: [...this.#readers].map(([name, state]) => ({ name, state })),
      journal: this.#journalState,
      hasDamagedJournal: journal.damagedFile !== null,
      serviceDate,
      clockOffsetMs: clock.offsetMs,
      directory: {
        version: directory.version,
        pupilCount: directory.pupils().length,
        appliedAtMs: directory.appliedAtMs,
      },
      place: this.#place,
    };
  }
}

function shown(
  { swipeId, badgeNumber, serviceDate }: Pick<JournalSwipe, 'swipeId' | 'badgeNumber' | 'serviceDate'>,
  verdict: SwipeVerdict,
  entry: DirectoryEntry | null,
  atMs: number,
): ShownSwipe {
  return {
    swipeId,
    badgeNumber,
    colour: COLOUR_OF[verdict],
    verdict,
    displayName: entry?.pupil.displayName ?? null,
    className: entry?.pupil.className ?? null,
    dietCode: entry === null ? null : dietOn(entry.pupil, serviceDate),
    atMs,
    isAnswered: false,
  };
}
