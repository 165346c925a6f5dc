import type { ReceivedSwipe, SwipeAnswer } from './record-swipes.ts';

/** Most swipes in one micro-batch. With 512 and two lanes terminals that batch got 15,000/s through, with these 17,000/s. */
export const BATCH_MAX = 1_024;
/** Batches on their way at once: while one is being stored, the next are being debited and looked up. */
export const LANES_MAX = 3;
/** Wait after a batch that could not be decided, doubled up to the most. */
const BACK_OFF_MS = 25;
const BACK_OFF_MAX_MS = 1_000;

/** One terminal's stream, as the gatherer sees it. */
export interface SwipeSource {
  /** Takes swipes in the order in which they came. */
  submit(swipes: readonly ReceivedSwipe[]): void;
  /** Swipes without an answer yet: the stream stops reading where they are too many. */
  readonly unansweredCount: number;
  /** Forgets what waits; what is on its way is still recorded. */
  close(): void;
}

/** An answer for one swipe, to be told to its terminal. */
export interface AnsweredSwipe {
  readonly swipeId: string;
  readonly answer: SwipeAnswer;
}

/** Gathers swipes across all streams into micro-batches. */
export interface SwipeGatherer {
  open(tell: (answers: readonly AnsweredSwipe[]) => void): SwipeSource;
  /** Swipes that wait or are on their way. */
  readonly unansweredCount: number;
}

interface Entry {
  readonly source: Source;
  readonly swipe: ReceivedSwipe;
}

interface Source extends SwipeSource {
  waiting: Entry[];
  /** How many at the head of `waiting` have left already: cheaper than shifting each. */
  head: number;
  onTheWay: number;
  closed: boolean;
  readonly tell: (answers: readonly AnsweredSwipe[]) => void;
}

/**
 * Opens a gatherer. There is no timer: a batch leaves as soon as a lane is free, so an idle service adds no delay and a
 * busy one makes batches that grow by themselves. Streams take turns, each with an equal share of a batch: a terminal that
 * floods fills what others leave. What could not be decided goes back to the head of its stream's queue.
 */
export function swipeGatherer(deps: {
  readonly record: (batch: readonly ReceivedSwipe[]) => Promise<readonly (SwipeAnswer | null)[]>;
  readonly onFault: (fault: unknown, batchSize: number) => void;
  readonly batchMax?: number;
  readonly lanesMax?: number;
}): SwipeGatherer {
  const batchMax = deps.batchMax ?? BATCH_MAX;
  const lanesMax = deps.lanesMax ?? LANES_MAX;
  let ready: Source[] = [];
  let lanes = 0;
  let unanswered = 0;
  let backOffMs = 0;
  let isKickPlanned = false;

  function planKick(): void {
    if (isKickPlanned) return;
    isKickPlanned = true;
    // After a fault the next try waits; otherwise only until every message of this event-loop turn is in.
    if (backOffMs > 0) setTimeout(kick, backOffMs * (0.5 + Math.random() / 2));
    else setImmediate(kick);
  }

  function kick(): void {
    isKickPlanned = false;
    while (lanes < (backOffMs > 0 ? 1 : lanesMax) && ready.length > 0) {
      const batch = takeShares();
      if (batch.length > 0) void runLane(batch);
    }
  }

  function takeShares(): Entry[] {
    const batch: Entry[] = [];
    while (ready.length > 0 && batch.length < batchMax) {
      const round = ready;
      ready = [];
      const share = Math.max(1, Math.floor((batchMax - batch.length) / round.length));
      for (const source of round) {
        const count = Math.min(share, batchMax - batch.length, source.waiting.length - source.head);
        for (let taken = 0; taken < count; taken += 1) {
          const entry = source.waiting[source.head];
          source.head += 1;
          if (entry !== undefined) batch.push(entry);
        }
        source.onTheWay += count;
        if (source.head < source.waiting.length) ready.push(source);
        else {
          source.waiting = [];
          source.head = 0;
        }
      }
    }
    return batch;
  }

  async function runLane(batch: readonly Entry[]): Promise<void> {
    lanes += 1;
    let answers: readonly (SwipeAnswer | null)[] = [];
    try {
      answers = await deps.record(batch.map((entry) => entry.swipe));
    } catch (fault) {
      deps.onFault(fault, batch.length);
    }
    lanes -= 1;
    const isDecided = finish(batch, answers);
    backOffMs = isDecided ? 0 : Math.min(BACK_OFF_MAX_MS, Math.max(BACK_OFF_MS, backOffMs * 2));
    if (ready.length > 0) planKick();
  }

  /** Tells each stream its answers, puts back what has none; says whether all were decided. */
  function finish(batch: readonly Entry[], answers: readonly (SwipeAnswer | null)[]): boolean {
    const told = new Map<Source, AnsweredSwipe[]>();
    const again = new Map<Source, Entry[]>();
    for (const [index, entry] of batch.entries()) {
      const answer = answers[index] ?? null;
      entry.source.onTheWay -= 1;
      if (answer === null) push(again, entry.source, entry);
      else push(told, entry.source, { swipeId: entry.swipe.raw.swipeId, answer });
    }
    for (const [source, entries] of again) putBack(source, entries);
    for (const [source, list] of told) {
      unanswered -= list.length;
      if (!source.closed) source.tell(list);
    }
    return again.size === 0;
  }

  function putBack(source: Source, entries: readonly Entry[]): void {
    if (source.closed) {
      unanswered -= entries.length;
      return;
    }
    const wasEmpty = source.waiting.length === 0;
    source.waiting = [...entries, ...source.waiting.slice(source.head)];
    source.head = 0;
    if (wasEmpty) ready.push(source);
  }

  return {
    get unansweredCount() {
      return unanswered;
    },
    open(tell) {
      const source: Source = {
        waiting: [],
        head: 0,
        onTheWay: 0,
        closed: false,
        tell,
        get unansweredCount() {
          return source.waiting.length - source.head + source.onTheWay;
        },
        submit(swipes) {
          if (source.closed || swipes.length === 0) return;
          if (source.waiting.length === 0) ready.push(source);
          for (const swipe of swipes) source.waiting.push({ source, swipe });
          unanswered += swipes.length;
          planKick();
        },
        close() {
          if (source.closed) return;
          source.closed = true;
          unanswered -= source.waiting.length - source.head;
          source.waiting = [];
          source.head = 0;
          ready = ready.filter((one) => one !== source);
        },
      };
      return source;
    },
  };
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
