import { addDays, parseBadgeNumber, parseId, serviceDate } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import { demoCitizens } from './citizens.ts';
import { swipesOf, topUpsOf } from './history.ts';
import { givenNames } from './names.ts';
import { isServiceDay, schoolYearOf, serviceDaysBefore, serviceDaysBetween } from './school-days.ts';
import { classesOf, familiesOf, planTown, schoolsOf, UNKNOWN_BADGE, VALLEFINTA } from './town.ts';

const TODAY = serviceDate('2026-11-23');
const plan = planTown(VALLEFINTA, TODAY);
const families = [...familiesOf(plan)];
const pupils = families.flatMap((family) => family.pupils);

describe('Vallefinta', () => {
  test('has 3 schools, 27 classes of about the same size and 600 pupils', () => {
    expect(schoolsOf(plan)).toHaveLength(3);
    expect(classesOf(plan)).toHaveLength(27);
    expect(pupils).toHaveLength(600);
    const sizes = classesOf(plan).map((one) => pupils.filter((pupil) => pupil.classId === one.classId).length);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(22);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(23);
  });

  test('is the same town every time, and on another day of the school year', () => {
    expect([...familiesOf(planTown(VALLEFINTA, TODAY))]).toEqual(families);
    expect([...familiesOf(planTown(VALLEFINTA, serviceDate('2027-05-03')))]).toEqual(families);
  });

  test('gives everybody ids, codici fiscali and badge numbers of their own', () => {
    const badges = pupils.flatMap((pupil) => pupil.badges);
    expect(new Set(pupils.map((pupil) => pupil.codiceFiscale)).size).toBe(pupils.length);
    expect(new Set(families.map((family) => family.guardian.codiceFiscale)).size).toBe(families.length);
    expect(new Set(badges.map((badge) => badge.badgeNumber)).size).toBe(badges.length);
    expect(badges.every((badge) => /^[0-9A-F]{10}$/.test(badge.badgeNumber))).toBe(true);
    expect(badges.every((badge) => parseBadgeNumber(badge.badgeNumber) !== null)).toBe(true);
    expect(badges.some((badge) => badge.badgeNumber === UNKNOWN_BADGE)).toBe(false);
    expect(pupils.every((pupil) => parseId(pupil.pupilId) !== null)).toBe(true);
  });

  test('gives the demo citizens the children they are there for', () => {
    for (const citizen of demoCitizens) {
      const family = families.find((one) => one.guardian.username === citizen.username);
      expect(family?.pupils).toHaveLength(citizen.pupilCount);
    }
  });

  test('has diets, invoiced and prepaid households, lost and expired badges, in the measure of a real town', () => {
    const share = (count: number) => count / pupils.length;
    expect(share(pupils.filter((pupil) => pupil.dietCode !== '').length)).toBeGreaterThan(0.03);
    expect(share(pupils.filter((pupil) => pupil.paymentMode === 'invoiced').length)).toBeGreaterThan(0.08);
    expect(share(pupils.filter((pupil) => pupil.paymentMode === 'prepaid').length)).toBeGreaterThan(0.7);
    expect(pupils.some((pupil) => pupil.badges.some((badge) => badge.blocked))).toBe(true);
    expect(
      pupils.some((pupil) => pupil.badges.some((badge) => badge.validUntil !== null && badge.validUntil < TODAY)),
    ).toBe(true);
    expect(pupils.every((pupil) => !pupil.badges[0].blocked && pupil.badges[0].validUntil === null)).toBe(true);
  });

  test('in the first weeks of a school year still knows the year before, on which its history stands', () => {
    expect(planTown(VALLEFINTA, serviceDate('2026-09-15')).previousYear?.name).toBe('2025/2026');
    expect(plan.previousYear).toBeNull();
  });
});

test('a large town keeps codici fiscali and badge numbers apart, without being held in memory', () => {
  const codes = new Set<string>();
  const badges = new Set<string>();
  let count = 0;
  for (const family of familiesOf(
    planTown({ municipalityId: 9, name: 'Comune di Grandefinta', pupilCount: 40_000 }, TODAY),
  )) {
    for (const pupil of family.pupils) {
      count += 1;
      codes.add(pupil.codiceFiscale);
      for (const badge of pupil.badges) badges.add(badge.badgeNumber);
    }
  }
  expect(count).toBe(40_000);
  expect(codes.size).toBe(count);
  expect(badges.size).toBeGreaterThan(count);
});

test('the given names give different letters in a codice fiscale', () => {
  const letters = givenNames.map(({ name }) => {
    const consonants = name.toUpperCase().replaceAll(/[AEIOU]/g, '');
    const chosen = consonants.length > 3 ? consonants.charAt(0) + consonants.slice(2) : consonants;
    return `${chosen}${name.toUpperCase().replaceAll(/[^AEIOU]/g, '')}XXX`.slice(0, 3);
  });
  expect(letters.filter((code, index) => letters.indexOf(code) !== index)).toEqual([]);
});

describe('the history', () => {
  const days = serviceDaysBefore(TODAY, 20);

  test('covers the last twenty service days before today, none of them closed', () => {
    expect(days).toHaveLength(20);
    expect(days.at(-1)).toBe('2026-11-20');
    expect(days.every(isServiceDay)).toBe(true);
  });

  test('gives a swipe the same id whenever it is made again, and ids that sort by time', () => {
    const [pupil] = pupils;
    if (pupil === undefined) throw new Error('the town has pupils');
    const swipes = swipesOf(pupil, days);
    const again = swipesOf(pupil, serviceDaysBefore(addDays(TODAY, 1), 20));
    expect(again.filter((swipe) => swipe.serviceDate < TODAY)).toEqual(
      swipes.filter((swipe) => swipe.serviceDate > '2026-10-26'),
    );
    expect(
      swipes.every((swipe) =>
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(swipe.swipeId),
      ),
    ).toBe(true);
    const ids = swipes.map((swipe) => swipe.swipeId);
    expect([...ids].sort()).toEqual(ids);
  });

  test('tops up prepaid households only, and the short one by the week', () => {
    const short = families.find((family) => family.guardian.username === 'lampo.difantasia')?.pupils[0];
    const invoiced = families.find((family) => family.guardian.username === 'nuvola.inventati')?.pupils[0];
    if (short === undefined || invoiced === undefined) throw new Error('both are in the town');
    expect(topUpsOf(invoiced, days)).toEqual([]);
    const spent = swipesOf(short, days).length * short.tariff.priceCents;
    const paid = topUpsOf(short, days).reduce((sum, topUp) => sum + topUp.amountCents, 0);
    expect(paid - spent).toBeLessThan(0);
    expect(paid - spent).toBeGreaterThan(-short.overdraftCents);
  });

  test('finds service days at the start of every month of the year, also after the summer and after Christmas', () => {
    for (let month = 1; month <= 12; month += 1) {
      const day = serviceDate(`2027-${String(month).padStart(2, '0')}-03`);
      expect(serviceDaysBefore(day, 20).length).toBeGreaterThan(12);
    }
  });

  test('no canteen serves at Christmas, on 25 April, on Easter Monday, on a Sunday', () => {
    for (const day of ['2026-12-25', '2026-12-28', '2027-01-06', '2027-04-25', '2027-03-29', '2026-11-22'].map(
      serviceDate,
    )) {
      expect(isServiceDay(day)).toBe(false);
    }
    expect(serviceDaysBetween(serviceDate('2026-11-16'), serviceDate('2026-11-22'))).toHaveLength(5);
    expect(schoolYearOf(serviceDate('2027-08-31')).name).toBe('2026/2027');
  });
});
