import { cents, id, numberId, parseBadgeNumber, serviceCode, serviceDate } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import type { Badge, Pupil } from './directory.ts';
import { decideSwipe, type FindHolders, isSameSwipe, parseSwipe, type RawSwipe, type Swipe } from './swipe.ts';

const NOW = new Date('2026-11-23T11:00:00Z');
const RAW: RawSwipe = {
  swipeId: '01900000-0000-7000-8000-000000000001',
  badgeNumber: 'VF000001',
  occurredAtMs: NOW.getTime() - 60_000,
  serviceDate: '2026-11-23',
  service: 'school_meals',
};

function swipe(change: Partial<RawSwipe> = {}): Swipe {
  const parsed = parseSwipe({ ...RAW, ...change });
  if (parsed === null) throw new Error('the swipe of this test must parse');
  return parsed;
}

function badge(change: Partial<Badge> = {}): Badge {
  const badgeNumber = parseBadgeNumber('VF000001');
  if (badgeNumber === null) throw new Error('the badge of this test must parse');
  return { badgeNumber, blocked: false, validity: { from: serviceDate('2026-09-01'), until: null }, ...change };
}

const PUPIL: Pupil = {
  municipalityId: numberId(1),
  pupilId: id('01900000-0000-7000-8000-0000000000aa'),
  version: 3,
  removed: false,
  displayName: 'Prova Inventata',
  schoolId: id('01900000-0000-7000-8000-0000000000bb'),
  className: '3B',
  diets: [],
  badges: [badge()],
  enrolments: [
    {
      service: serviceCode('school_meals'),
      paymentMode: 'prepaid',
      validity: { from: serviceDate('2026-09-14'), until: serviceDate('2027-06-30') },
      overdraftCents: cents(2_000),
      prices: [
        { priceCents: cents(480), validity: { from: serviceDate('2026-09-01'), until: serviceDate('2026-10-31') } },
        { priceCents: cents(520), validity: { from: serviceDate('2026-11-01'), until: null } },
      ],
    },
  ],
};

const held: FindHolders = () => [{ pupil: PUPIL, badge: badge() }];

describe('the shape of a swipe', () => {
  test.each([
    ['an id that is no UUID', { swipeId: 'seven' }],
    ['an empty badge number', { badgeNumber: '' }],
    ['a badge number with other characters', { badgeNumber: 'VF 00\0' }],
    ['a day that no calendar has', { serviceDate: '2026-02-30' }],
    ['no instant', { occurredAtMs: 0 }],
    ['an instant before 1970', { occurredAtMs: -1 }],
    ['a service that is no code', { service: 'School Meals' }],
  ])('%s is malformed', (_name, change) => {
    expect(parseSwipe({ ...RAW, ...change })).toBeNull();
  });

  test('a badge number in lower case is the same badge number', () => {
    expect(swipe({ badgeNumber: 'vf000001' }).badgeNumber).toBe('VF000001');
    expect(isSameSwipe(RAW, { ...RAW, badgeNumber: 'vf000001' })).toBe(true);
  });
});

describe('what a swipe is', () => {
  test('a meal at the price of its own day', () => {
    expect(decideSwipe(swipe(), held, NOW)).toMatchObject({ pupilId: PUPIL.pupilId, amountCents: 520 });
    const late = swipe({ serviceDate: '2026-10-30', occurredAtMs: Date.parse('2026-10-30T11:00:00Z') });
    expect(decideSwipe(late, held, NOW)).toMatchObject({ amountCents: 480, paymentMode: 'prepaid' });
  });

  test('set aside with the first reason that applies', () => {
    const at = (instant: string, serviceDate: string) => swipe({ occurredAtMs: Date.parse(instant), serviceDate });
    expect(decideSwipe(at('2026-11-23T11:04:00Z', '2026-11-23'), held, NOW)).toMatchObject({ amountCents: 520 });
    expect(decideSwipe(at('2026-11-23T11:06:00Z', '2026-11-23'), held, NOW)).toBe('dated_in_future');
    expect(decideSwipe(at('2026-11-22T11:00:00Z', '2026-11-23'), held, NOW)).toBe('wrong_service_date');
    expect(decideSwipe(at('2026-09-24T10:00:00Z', '2026-09-24'), held, NOW)).toMatchObject({ amountCents: 480 });
    expect(decideSwipe(at('2026-09-23T10:00:00Z', '2026-09-23'), held, NOW)).toBe('too_old');
    expect(decideSwipe(swipe(), () => [], NOW)).toBe('unknown_badge');
  });

  test('the Rome day counts, not the UTC day', () => {
    const justAfterMidnight = swipe({ occurredAtMs: Date.parse('2026-11-22T23:30:00Z'), serviceDate: '2026-11-23' });
    expect(decideSwipe(justAfterMidnight, held, NOW)).toMatchObject({ amountCents: 520 });
  });

  test('a blocked badge, unless the same number is on one that is not blocked', () => {
    const blocked = { pupil: PUPIL, badge: badge({ blocked: true }) };
    expect(decideSwipe(swipe(), () => [blocked], NOW)).toBe('blocked_badge');
    expect(decideSwipe(swipe(), () => [blocked, ...held(badge().badgeNumber)], NOW)).toMatchObject({
      amountCents: 520,
    });
  });

  test('an expired badge by its last day, inclusive', () => {
    const until = (day: string) => () => [
      { pupil: PUPIL, badge: badge({ validity: { from: serviceDate('2026-09-01'), until: serviceDate(day) } }) },
    ];
    expect(decideSwipe(swipe(), until('2026-11-23'), NOW)).toMatchObject({ amountCents: 520 });
    expect(decideSwipe(swipe(), until('2026-11-22'), NOW)).toBe('expired_badge');
  });

  test('no enrolment in the service, or no price that day, makes no meal', () => {
    expect(decideSwipe(swipe({ service: 'after_school' }), held, NOW)).toBe('not_enrolled');
    const priceless = { ...PUPIL, enrolments: PUPIL.enrolments.map((one) => ({ ...one, prices: [] })) };
    expect(decideSwipe(swipe(), () => [{ pupil: priceless, badge: badge() }], NOW)).toBe('no_price');
  });
});
