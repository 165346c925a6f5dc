import { build, type Histogram } from 'hdr-histogram-js';
import type { Transfer } from '../src/domain/transfer.ts';
import type { Design } from './designs.ts';

/** Keeps as many debits under way as the design likes, for a while; answers how many a second became durable. */
export async function closedLoop(design: Design, meals: readonly Transfer[], forMs: number): Promise<Measured> {
  let sent = 0;
  let settled = 0;
  let owed = 0;
  const startedAt = performance.now();
  const isOver = () => performance.now() - startedAt > forMs || sent === meals.length;
  await new Promise<void>((resolve) => {
    const post = () => {
      const page = meals.slice(sent, sent + owed);
      owed = 0;
      sent += page.length;
      design.post(page, onSettled);
    };
    const onSettled = () => {
      settled += 1;
      if (isOver()) {
        if (settled === sent) resolve();
        return;
      }
      owed += 1;
      if (owed === 1) setImmediate(post);
    };
    owed = design.underWay;
    post();
  });
  return { perSecond: (settled * 1000) / (performance.now() - startedAt), settled };
}

export interface Measured {
  readonly perSecond: number;
  readonly settled: number;
}

/**
 * Offers debits at a rate, whatever comes back (open loop): each is late from the instant it was due, so that a stall counts for all
 * that it held up. The first half second warms up.
 */
export async function openLoop(
  design: Design,
  meals: readonly Transfer[],
  perSecond: number,
  forMs: number,
): Promise<{ readonly p50Ms: number; readonly p99Ms: number; readonly settled: number }> {
  const histogram: Histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  const warmMs = 500;
  const count = Math.min(meals.length, Math.floor(((forMs + warmMs) * perSecond) / 1000));
  const startedAt = performance.now();
  let sent = 0;
  let settled = 0;
  await new Promise<void>((resolve) => {
    const offer = () => {
      const due = Math.min(count, Math.floor(((performance.now() - startedAt) * perSecond) / 1000));
      for (; sent < due; sent += 1) {
        const dueMs = (sent * 1000) / perSecond;
        design.post(meals.slice(sent, sent + 1), () => {
          settled += 1;
          if (dueMs >= warmMs)
            histogram.recordValue(Math.max(1, Math.round((performance.now() - startedAt - dueMs) * 1000)));
          if (settled === count) resolve();
        });
      }
      if (sent < count) setTimeout(offer, 1);
    };
    offer();
  });
  return {
    p50Ms: histogram.getValueAtPercentile(50) / 1000,
    p99Ms: histogram.getValueAtPercentile(99) / 1000,
    settled,
  };
}
