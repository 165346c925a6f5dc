import type { Swipe } from '@campanella/proto/attendance/v1/terminal';
import { build } from 'hdr-histogram-js';
import type { Terminals } from './terminals.ts';
import { TERMINALS } from './town.ts';

/** Where the next meal of a municipality comes from. */
export interface Meals {
  next(municipalityId: number): Swipe;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** What was answered a second: below the offered rate the platform did not keep up. */
  readonly answeredPerSecond: number;
}

/**
 * As many swipes as the path carries: every terminal keeps `window` swipes without an answer, in messages of `perMessage`.
 *
 * @returns answered swipes a second, from the first sent to the last answered
 */
export function measureThroughput(
  terminals: Terminals,
  meals: Meals,
  shape: { readonly count: number; readonly perMessage: number; readonly window: number },
): Promise<number> {
  return new Promise((resolve) => {
    const inFlight = TERMINALS.map(() => 0);
    let sent = 0;
    let answered = 0;
    const startedAt = performance.now();
    const sendFrom = (terminal: number): void => {
      const { municipalityId } = TERMINALS[terminal] ?? { municipalityId: 1 };
      while (sent < shape.count && (inFlight[terminal] ?? 0) + shape.perMessage <= shape.window) {
        const size = Math.min(shape.perMessage, shape.count - sent);
        sent += size;
        inFlight[terminal] = (inFlight[terminal] ?? 0) + size;
        const swipes = Array.from({ length: size }, () => meals.next(municipalityId));
        terminals.send(terminal, swipes, () => {
          inFlight[terminal] = (inFlight[terminal] ?? 0) - 1;
          answered += 1;
          if (answered === shape.count) resolve((shape.count * 1_000) / (performance.now() - startedAt));
          else sendFrom(terminal);
        });
      }
    };
    for (const terminal of TERMINALS.keys()) sendFrom(terminal);
  });
}

const TICK_MS = 2;

/**
 * Swipes at a fixed rate, whatever the answers do: one message each, terminals in turn. Latency counts from the instant at
 * which the swipe was due, so a path that falls behind shows it.
 */
export function measureLatency(
  terminals: Terminals,
  meals: Meals,
  load: { readonly perSecond: number; readonly seconds: number },
): Promise<Latency> {
  const total = load.perSecond * load.seconds;
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 120_000_000 });
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    const startedAt = performance.now();
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - startedAt) * load.perSecond) / 1_000));
      while (sent < due) {
        const terminal = sent % TERMINALS.length;
        const dueAt = startedAt + (sent * 1_000) / load.perSecond;
        sent += 1;
        terminals.send(terminal, [meals.next(TERMINALS[terminal]?.municipalityId ?? 1)], () => {
          histogram.recordValue(Math.max(1, Math.round((performance.now() - dueAt) * 1_000)));
          answered += 1;
          if (answered === total) finish();
        });
      }
      if (sent === total) clearInterval(timer);
    }, TICK_MS);
    const finish = () =>
      resolve({
        p50Ms: histogram.getValueAtPercentile(50) / 1_000,
        p99Ms: histogram.getValueAtPercentile(99) / 1_000,
        answeredPerSecond: (total * 1_000) / (performance.now() - startedAt),
      });
  });
}
