import { expect, test } from '@jest/globals';
import type { Session } from '../domain/session.ts';
import { type IssuedToken, tokenCache } from './token-cache.ts';

const START_MS = Date.parse('2026-11-23T08:00:00Z');
const SESSION: Session = {
  municipalityId: 1,
  personId: 'p1',
  displayName: 'Aurora Esempio',
  signInId: 's1',
  csrfToken: 'c',
  endsAt: new Date(START_MS + 8 * 3_600_000),
};

/** A cache before an identity that can be away, on a clock that the test moves. */
function arrange() {
  const world = { nowMs: START_MS, away: false, known: true, asked: 0, stale: 0 };
  const cache = tokenCache({
    now: () => new Date(world.nowMs),
    issue: async (): Promise<IssuedToken | null> => {
      world.asked += 1;
      await Promise.resolve();
      if (world.away) throw new Error('away');
      if (!world.known) return null;
      return {
        token: `t${world.asked}`,
        expiresAt: new Date(world.nowMs + 300_000),
        hasPupils: true,
        role: 'guardian',
      };
    },
    onStale: () => {
      world.stale += 1;
    },
  });
  return { world, token: async (session = SESSION) => (await cache.tokenFor(session))?.token };
}

test('fifty requests at once ask identity once', async () => {
  const { world, token } = arrange();
  const tokens = await Promise.all(Array.from({ length: 50 }, () => token()));
  expect(new Set(tokens)).toEqual(new Set(['t1']));
  expect(world.asked).toBe(1);
});

test('a token is used until 30 seconds before it expires', async () => {
  const { world, token } = arrange();
  await token();
  world.nowMs += 269_999;
  expect(await token()).toBe('t1');
  world.nowMs += 1;
  expect(await token()).toBe('t2');
});

test('while identity is away the token in hand is used until it expires, and no longer', async () => {
  const { world, token } = arrange();
  await token();
  world.away = true;
  world.nowMs += 299_999;
  expect(await token()).toBe('t1');
  expect(world.stale).toBe(1);
  world.nowMs += 1;
  await expect(token()).rejects.toThrow('away');
});

test('while identity is away it is not asked at every request', async () => {
  const { world, token } = arrange();
  await token();
  world.away = true;
  world.nowMs += 270_000;
  for (let request = 0; request < 10; request += 1) await token();
  expect(world.asked).toBe(2);
});

test('a person whom identity does not know gets none, and is asked for again', async () => {
  const { world, token } = arrange();
  world.known = false;
  expect(await token()).toBeUndefined();
  world.known = true;
  expect(await token()).toBe('t2');
});

test('two sign-ins of one person have a token each', async () => {
  const { token } = arrange();
  expect(await token()).toBe('t1');
  expect(await token({ ...SESSION, signInId: 's2' })).toBe('t2');
});
