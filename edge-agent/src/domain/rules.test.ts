import {
  type BadgeNumber,
  id,
  type PupilId,
  parseBadgeNumber,
  SCHOOL_MEALS,
  serviceCode,
  serviceDate,
} from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { waitBefore } from './back-off.ts';
import { measureOffset } from './clock-offset.ts';
import { type DirectoryPupil, indexBadges } from './directory.ts';
import { COLOUR_OF, judgeSwipe } from './judge-swipe.ts';
import { HOLD_MS, NO_CARD, present } from './presentation.ts';
import type { BadgeCoding } from './reading.ts';

const always = { from: serviceDate('2026-09-01'), until: null };

function badge(text: string): BadgeNumber {
  const number = parseBadgeNumber(text);
  if (number === null) throw new RangeError('no badge number');
  return number;
}

function pupil(at: number, ...numbers: readonly string[]): DirectoryPupil {
  return {
    pupilId: id<PupilId>(`0198f3a0-0000-7000-8000-00000000000${at}`),
    displayName: `Alunna Inventata ${at}`,
    className: '3A',
    diets: [],
    badges: numbers.map((number) => ({ number: badge(number), isBlocked: false, validity: always })),
    enrolments: [{ service: SCHOOL_MEALS, validity: always }],
  };
}

function reading(number: string, coding: BadgeCoding) {
  return { number: badge(number), coding };
}

describe('one tap is one presentation', () => {
  const first = reading('0100CDA4EC', 'em40');
  const second = reading('010063E9AE', 'em40');

  test('a held card is one tap for as long as its gaps stay under the hold time', () => {
    let card = NO_CARD;
    const taps = Array.from({ length: 100 }, (_value, at) => {
      const presented = present(card, first, 1_000 + at * (HOLD_MS - 1));
      card = presented.card;
      return presented.isTap;
    });
    expect(taps.filter(Boolean)).toHaveLength(1);
    expect(present(card, first, card.lastSeenAtMs + HOLD_MS).isTap).toBe(true);
  });

  test('another card is a tap at once, and the first one after it again', () => {
    const one = present(NO_CARD, first, 1_000);
    const two = present(one.card, second, 1_001);
    expect([one.isTap, two.isTap, present(two.card, first, 1_002).isTap]).toEqual([true, true, true]);
  });
});

describe('a card under its other names', () => {
  const registered = indexBadges([pupil(1, '0100CDA4EC')]);

  test.each([
    ['0100CDA4EC', 'em40'],
    ['0013477100', 'decimal32'],
    ['00CDA4EC', 'bits32'],
    ['CDA4EC', 'bits24'],
  ] as const)('%s read as %s is the badge registered as 0100CDA4EC', (number, coding) => {
    expect(registered.find(reading(number, coding))?.badge.number).toBe('0100CDA4EC');
  });

  test.each(['0013477100', '00CDA4EC', 'CDA4EC'])(
    'a card read in full is found where it is registered as %s',
    (number) => {
      expect(indexBadges([pupil(1, number)]).find(reading('0100CDA4EC', 'em40'))?.badge.number).toBe(number);
    },
  );

  test('an alias that leads to two badges leads to none, but the full number still does', () => {
    const twins = indexBadges([pupil(1, '0100CDA4EC'), pupil(2, '0177CDA4EC')]);
    expect(twins.find(reading('CDA4EC', 'bits24'))).toBeNull();
    expect(twins.find(reading('0177CDA4EC', 'em40'))?.badge.number).toBe('0177CDA4EC');
    expect(twins.find(reading('00CDA4EC', 'bits32'))?.badge.number).toBe('0100CDA4EC');
  });

  test('a text has no other names', () => {
    expect(registered.find(reading('0013477100', 'text'))).toBeNull();
  });

  test('whatever is registered, a number as registered finds itself', () => {
    const numbers = fc.uniqueArray(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => value.toString(16).padStart(10, '0').toUpperCase()),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(numbers, (texts) => {
        const index = indexBadges(texts.map((text, at) => pupil(at + 1, text)));
        for (const text of texts) expect(index.find(reading(text, 'em40'))?.badge.number).toBe(text);
      }),
    );
  });
});

describe('what the screen says', () => {
  const known = pupil(1, '0100CDA4EC');
  const facts = {
    entry: indexBadges([known]).find(reading('0100CDA4EC', 'em40')),
    isDirectoryLoaded: true,
    service: SCHOOL_MEALS,
    serviceDate: serviceDate('2026-11-23'),
    hasSwipedToday: false,
  };

  function entryWith(change: Partial<DirectoryPupil['badges'][number]>, enrolments = known.enrolments) {
    const [first] = known.badges;
    if (first === undefined) throw new RangeError('the pupil has a badge');
    return { pupil: { ...known, enrolments }, badge: { ...first, ...change } };
  }

  const ended = { from: serviceDate('2026-09-01'), until: serviceDate('2026-11-22') };
  test.each([
    ['served', facts],
    ['second_of_day', { ...facts, hasSwipedToday: true }],
    ['no_directory', { ...facts, entry: null, isDirectoryLoaded: false }],
    ['unknown_badge', { ...facts, entry: null }],
    ['blocked_badge', { ...facts, entry: entryWith({ isBlocked: true }) }],
    ['expired_badge', { ...facts, entry: entryWith({ validity: ended }) }],
    ['expired_badge', { ...facts, entry: entryWith({ validity: { from: serviceDate('2026-11-24'), until: null } }) }],
    ['not_enrolled', { ...facts, entry: entryWith({}, []) }],
    ['not_enrolled', { ...facts, entry: entryWith({}, [{ service: SCHOOL_MEALS, validity: ended }]) }],
    ['not_enrolled', { ...facts, service: serviceCode('school_bus') }],
  ] as const)('%s', (verdict, given) => {
    expect(judgeSwipe(given)).toBe(verdict);
  });

  test('only a swipe that is not recorded is red', () => {
    for (const [verdict, colour] of Object.entries(COLOUR_OF)) {
      expect(colour === 'red').toBe(verdict.startsWith('not_recorded'));
    }
  });
});

describe('the clock offset', () => {
  test('is measured against the middle of the round trip', () => {
    expect(measureOffset(10_000, 40_050, 100)).toBe(30_000);
    expect(measureOffset(40_000, 10_050, 100)).toBe(-30_000);
  });

  test('is not measured by a slow answer', () => {
    expect(measureOffset(10_000, 40_000, 5_001)).toBeNull();
  });
});

test('waits grow, stay under their bound, and are spread by half', () => {
  const backOff = { firstMs: 300, maxMs: 4_000 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, chance) => {
        const waitMs = waitBefore(backOff, failures, chance);
        expect(waitMs).toBeGreaterThanOrEqual(150);
        expect(waitMs).toBeLessThanOrEqual(4_000);
      },
    ),
  );
  expect([1, 2, 3, 4, 5].map((failures) => waitBefore(backOff, failures, 1))).toEqual([300, 600, 1_200, 2_400, 4_000]);
});
