import { expect, test } from '@jest/globals';
import { balanceLine } from './balance-line.ts';

const BOX = { width: 100, height: 50 };
const RANGE = { from: '2026-11-01', to: '2026-11-10' };

test('a balance stays level between movements and steps on their days', () => {
  const points = [
    { day: '2026-11-03', balanceCents: 500 },
    { day: '2026-11-06', balanceCents: 1_000 },
  ];
  expect(balanceLine(RANGE, 1_000, points, BOX)).toEqual({
    path: 'M0 0H20V25H50V0H100',
    zeroY: 50,
    lowestCents: 500,
    highestCents: 1_000,
    topCents: 1_000,
    bottomCents: 0,
  });
});

test('below zero the line of zero lies inside the picture', () => {
  const line = balanceLine(RANGE, 500, [{ day: '2026-11-02', balanceCents: -500 }], BOX);
  expect(line).toMatchObject({ topCents: 500, bottomCents: -500 });
  expect(line).toMatchObject({ zeroY: 25, lowestCents: -500, highestCents: 500, path: 'M0 0H10V50H100' });
});

test('an account without money and movements is a level line at the bottom', () => {
  expect(balanceLine(RANGE, 0, [], BOX)).toMatchObject({
    path: 'M0 50H100',
    zeroY: 50,
    lowestCents: 0,
    highestCents: 0,
  });
});

test('a range of one day has a width, and no step leaves the picture', () => {
  const day = { from: '2026-11-01', to: '2026-11-01' };
  expect(balanceLine(day, 100, [{ day: '2026-11-09', balanceCents: 0 }], BOX).path).toBe('M0 0H100V50H100');
});
