import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type KeyPolicy, type KeyTimes, keyInUse, planKeys } from './key-plan.ts';

const HOUR = 3_600_000;
const POLICY: KeyPolicy = { lifetimeMs: 720 * HOUR, leadMs: 24 * HOUR, overlapMs: HOUR };
const START = new Date('2026-11-23T08:00:00Z');
const after = (ms: number) => new Date(START.getTime() + ms);

/** Carries a plan out, as the store would. */
function carryOut(keys: readonly KeyTimes[], now: Date): KeyTimes[] {
  const plan = planKeys(keys, now, POLICY);
  const kept = keys.filter((key) => !plan.drop.includes(key.kid));
  return [...kept, ...plan.makeActiveFrom.map((activeFrom) => ({ kid: activeFrom.toISOString(), activeFrom }))];
}

test('the first start makes a key to use at once and publishes the next one', () => {
  expect(planKeys([], START, POLICY)).toEqual({ makeActiveFrom: [START, after(720 * HOUR)], drop: [] });
});

test('planning again changes nothing', () => {
  expect(planKeys(carryOut([], START), START, POLICY)).toEqual({ makeActiveFrom: [], drop: [] });
});

test('after a long silence the next key is still published a day before it is used', () => {
  const keys = [{ kid: 'a', activeFrom: START }];
  expect(planKeys(keys, after(10_000 * HOUR), POLICY).makeActiveFrom).toEqual([after(10_024 * HOUR)]);
});

test('an old key stays published for an hour after its successor took over', () => {
  const keys = carryOut([], START);
  expect(planKeys(keys, after(721 * HOUR), POLICY).drop).toEqual([]);
  expect(planKeys(keys, after(721 * HOUR + 1), POLICY).drop).toEqual([START.toISOString()]);
});

test('whenever it is looked at, there is a key in use that was published a day before, unless it is the first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 40 }), (stepsHours) => {
      let keys = carryOut([], START);
      const publishedAt = new Map(keys.map((key) => [key.kid, START]));
      let nowMs = START.getTime();
      for (const step of stepsHours) {
        nowMs += step * HOUR;
        const now = new Date(nowMs);
        keys = carryOut(keys, now);
        for (const key of keys) if (!publishedAt.has(key.kid)) publishedAt.set(key.kid, now);
        const inUse = keyInUse(keys, now);
        expect(inUse).not.toBeNull();
        expect(keys.some((key) => key.activeFrom > now)).toBe(true);
        expect(keys.length).toBeLessThanOrEqual(3);
      }
      for (const key of keys.filter(({ activeFrom }) => activeFrom > START)) {
        const published = publishedAt.get(key.kid) ?? START;
        expect(key.activeFrom.getTime() - published.getTime()).toBeGreaterThanOrEqual(POLICY.leadMs);
      }
    }),
  );
});
