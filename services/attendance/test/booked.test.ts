import { callUnary } from '@campanella/service-kit';
import { eventually } from '@campanella/testkit';
import { addDays, id, type MunicipalityId, numberId, type PupilId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PresencesAnswer } from '../src/http/describe.ts';
import { DayTableAnswer } from '../src/http/kitchen-description.ts';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { openTerminal, swipeOf } from './terminal.ts';
import { PRICE_CENTS, PUPIL, PUPIL_COUNT, pupilId, SCHOOLS } from './town.ts';

const TODAY = serviceDateAt(new Date());
const PLACE = { municipalityId: 1, schoolId: SCHOOLS[0], service: 'school_meals' };
const [ABSENT, SWIPED_BEFORE, SWIPED_AFTER, ABSENT_LATER] = [10, 23, 20, 21];
const [LATE_CHARGED, LATE_FREE, RACING] = [22, 24, 25];
/** Of the first school: without the one who is not enrolled, the absent one, the one who is invoiced and the one whose limit is too low. */
const DEBITED = PUPIL_COUNT / 2 - 4;
const deadline = { deadlineMs: 5_000 };

let attendance: RunningAttendance;

const setRules = (cutOffTime: string, place = PLACE, late?: { untilTime: string; charged: boolean }) =>
  callUnary(
    attendance.office,
    'putAbsenceRules',
    { ...place, serviceDaysBefore: 0, cutOffTime, types: [{ code: 'absent', label: 'ASSENTE' }], late },
    deadline,
  );
const chargeBookings = (place = PLACE, since: string = TODAY) =>
  callUnary(attendance.office, 'putChargingPolicy', { ...place, policy: 'booked', since }, deadline);
const revenue = () => attendance.ledger.revenue();

async function swipe(number: number): Promise<void> {
  const terminal = await openTerminal(attendance.replicas[0]?.address ?? '');
  await terminal.swipe(swipeOf(number));
  terminal.close();
}

// Two replicas look for the same bookings at the same time all through these tests.
beforeAll(async () => {
  attendance = await runAttendance({ replicas: 2 });
  const days = { from: addDays(TODAY, -1), until: TODAY, serviceDates: [addDays(TODAY, -1), TODAY] };
  for (const schoolId of SCHOOLS)
    await callUnary(attendance.office, 'putServiceDays', { ...PLACE, schoolId, ...days }, deadline);
}, 90_000);

afterAll(async () => {
  await attendance?.close();
}, 30_000);

async function ask(path: string, role: 'guardian' | 'office', init: RequestInit = {}): Promise<Response> {
  const token = await attendance.identity.tokenFor({
    municipalityId: numberId<MunicipalityId>(1),
    role,
    pupilIds:
      role === 'office'
        ? []
        : [ABSENT, ABSENT_LATER, SWIPED_AFTER, LATE_CHARGED, LATE_FREE, RACING].map((one) => id<PupilId>(pupilId(one))),
  });
  return fetch(`${attendance.replicas[0]?.httpUrl}/api/attendance${path}`, {
    ...init,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  });
}

async function reportAbsent(number: number, outcome = 'accepted'): Promise<void> {
  const body = { requestId: crypto.randomUUID(), service: 'school_meals', from: TODAY, to: TODAY, type: 'absent' };
  const answer = await ask(`/pupils/${pupilId(number)}/absences`, 'guardian', {
    method: 'POST',
    body: JSON.stringify(body),
  });
  expect(await answer.json()).toMatchObject({ days: [{ outcome }] });
}

const today = async (number: number) => {
  const path = `/pupils/${pupilId(number)}/presences?service=school_meals&from=${TODAY}&to=${TODAY}`;
  return PresencesAnswer.parse(await (await ask(path, 'guardian')).json()).days[0];
};

test('once the cut-off has passed, every meal booked and not cancelled is charged once, and nothing before', async () => {
  await setRules('23:59');
  await reportAbsent(ABSENT);
  await swipe(SWIPED_BEFORE);
  await chargeBookings();
  expect(await revenue()).toBe(PRICE_CENTS);
  await setRules('00:00');
  await eventually(async () => (await revenue()) === DEBITED * PRICE_CENTS, { withinMs: 15_000 });
  expect(await today(ABSENT_LATER)).toMatchObject({
    presence: 'expected',
    charge: 'debited',
    amountCents: PRICE_CENTS,
  });
  expect(await today(ABSENT)).toMatchObject({ charge: 'not_charged', amountCents: 0 });
}, 60_000);

test('a swipe after it is recorded and costs nothing more', async () => {
  await swipe(SWIPED_AFTER);
  expect(await today(SWIPED_AFTER)).toMatchObject({ presence: 'present', charge: 'debited' });
  expect(await revenue()).toBe(DEBITED * PRICE_CENTS);
});

test('the day’s table tells who was charged without having eaten', async () => {
  const answer = await ask(`/office/day?schoolId=${SCHOOLS[0]}&day=${TODAY}`, 'office');
  const table = DayTableAnswer.parse(await answer.json());
  // The invoiced one is charged too; the one beyond the limit is not.
  expect(table).toMatchObject({ booked: DEBITED + 2, served: 2, charged: DEBITED + 1 });
  const kinds = Map.groupBy(table.differences, ({ kind }) => kind);
  expect(kinds.get('charged_not_served')).toHaveLength(DEBITED + 1 - 2);
  expect(kinds.get('not_served')?.map((one) => one.pupilId)).toEqual([pupilId(PUPIL.poor)]);
});

test('an absence after the cut-off is noted for the canteen, and costs what the school says', async () => {
  await setRules('00:00', PLACE, { untilTime: '23:59', charged: true });
  await reportAbsent(LATE_CHARGED, 'accepted_late');
  await setRules('00:00', PLACE, { untilTime: '23:59', charged: false });
  await reportAbsent(LATE_FREE, 'accepted_late');
  await eventually(async () => (await today(LATE_FREE))?.correction !== null, { withinMs: 15_000 });
  expect(await today(LATE_CHARGED)).toMatchObject({
    ...{ presence: 'absence_communicated', charge: 'debited', correction: null },
  });
  expect(await revenue()).toBe((DEBITED - 1) * PRICE_CENTS);
  const answer = await ask(`/office/day?schoolId=${SCHOOLS[0]}&day=${TODAY}`, 'office');
  const late = DayTableAnswer.parse(await answer.json()).differences.filter(({ kind }) => kind === 'late_absence');
  expect(late.map((one) => one.pupilId).sort()).toEqual([pupilId(LATE_CHARGED), pupilId(LATE_FREE)].sort());
  await setRules('00:00');
});

test('an absence that was taken in time and stored while the day was charged gives the money back', async () => {
  await attendance.database.query(
    `insert into absences (municipality_id, pupil_id, service, service_date, request_id, school_id, type_code, communicated_by, communicated_at)
     values (1, $1, 'school_meals', $2, gen_random_uuid(), $3, 'absent', gen_random_uuid(), now() - interval '1 day')`,
    [pupilId(RACING), TODAY, SCHOOLS[0]],
  );
  await eventually(async () => (await today(RACING))?.correction !== null, { withinMs: 15_000 });
  expect(await revenue()).toBe((DEBITED - 2) * PRICE_CENTS);
});

test('an absence that is taken after all, since the cut-off was moved, gives the money back once', async () => {
  const cutOffAtMs = Date.now() + 60_000;
  await callUnary(
    attendance.office,
    'extendCutOff',
    { ...PLACE, serviceDate: TODAY, cutOffAtMs, reason: 'Servizio non raggiungibile' },
    deadline,
  );
  await reportAbsent(ABSENT_LATER);
  await eventually(async () => (await revenue()) === (DEBITED - 3) * PRICE_CENTS, { withinMs: 15_000 });
  await eventually(async () => (await today(ABSENT_LATER))?.correction?.reason === 'Assenza comunicata in tempo', {
    withinMs: 15_000,
  });
  expect(await revenue()).toBe((DEBITED - 3) * PRICE_CENTS);
}, 60_000);

test('bookings that the ledger was away for, and replicas that were killed over, are charged once when they are back', async () => {
  const before = await revenue();
  const place = { ...PLACE, schoolId: SCHOOLS[1] };
  await setRules('00:00', place);
  await attendance.ledger.kill();
  await chargeBookings(place);
  await Promise.all(attendance.replicas.map(({ part }) => part.kill('SIGKILL')));
  await attendance.ledger.startAgain();
  await Promise.all([attendance.startReplica(), attendance.startReplica()]);
  await eventually(async () => (await revenue()) === before + (PUPIL_COUNT / 2) * PRICE_CENTS, { withinMs: 30_000 });
  const { rows } = await attendance.database.query(
    `select count(*)::int as days from booked_days where school_id = $1 and service_date = $2`,
    [SCHOOLS[1], TODAY],
  );
  expect(rows[0].days).toBeLessThanOrEqual(1);
  expect(await revenue()).toBe(before + (PUPIL_COUNT / 2) * PRICE_CENTS);
}, 90_000);
