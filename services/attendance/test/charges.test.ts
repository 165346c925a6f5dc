import { ChargeServiceClient, type ListInvoicedChargesRequest } from '@campanella/proto/attendance/v1/charges';
import { callUnary, grpcClient, refusalKindOf } from '@campanella/service-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { pupilId, SCHOOLS, uuid } from './town.ts';

let attendance: RunningAttendance;
let charges: ChargeServiceClient;

const AT = (instant: string) => Date.parse(instant);
const MONTH: ListInvoicedChargesRequest = {
  ...{ municipalityId: 1, service: 'school_meals', from: '2026-10-01', until: '2026-10-31', earlierFrom: '2026-10-01' },
  ...{ changedSinceMs: 0, asOfMs: AT('2026-11-02T08:00:00Z'), afterPupilId: '', pageSize: 500 },
};

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 1 });
  charges = grpcClient(ChargeServiceClient, [attendance.replicas[0]?.address ?? '']);
  // Facts of past months, as the swipes of those days left them.
  await ate(1, '2026-10-05', 'invoiced', 520, '2026-10-05T10:30:00Z');
  await ate(1, '2026-10-06', 'invoiced', 520, '2026-10-06T10:30:00Z');
  await ate(1, '2026-09-28', 'invoiced', 500, '2026-09-28T10:30:00Z');
  await ate(1, '2026-09-29', 'invoiced', 500, '2026-10-10T10:30:00Z');
  await ate(1, '2026-10-30', 'invoiced', 520, '2026-11-03T10:30:00Z');
  await ate(2, '2026-10-05', 'debited', 520, '2026-10-05T10:30:00Z');
  await ate(3, '2026-10-05', 'not_charged', 0, '2026-10-05T10:30:00Z');
  await attendance.database.query(
    `insert into booked_charges (municipality_id, pupil_id, service, service_date, school_id, charge, amount_cents, charged_at)
     values (1, $1, 'school_meals', '2026-10-05', $2, 'invoiced', 480, '2026-10-05T07:00:00Z')`,
    [pupilId(3), SCHOOLS[0]],
  );
  await ate(4, '2026-10-07', 'invoiced', 520, '2026-10-07T10:30:00Z');
  await attendance.database.query(
    `insert into meal_corrections (municipality_id, pupil_id, service, service_date, correction_id, reason, corrected_by, corrected_at)
     values (1, $1, 'school_meals', '2026-10-07', $3, 'Gita', 'ufficio', '2026-10-20T08:00:00Z'),
       (1, $2, 'school_meals', '2026-10-06', $4, 'Errore', 'ufficio', '2026-11-05T08:00:00Z')`,
    [pupilId(4), pupilId(1), uuid(801), uuid(802)],
  );
}, 90_000);

afterAll(async () => {
  charges?.close();
  await attendance?.close();
}, 30_000);

async function ate(number: number, day: string, charge: string, cents: number, recordedAt: string): Promise<void> {
  await attendance.database.query(
    `insert into presences (municipality_id, pupil_id, service, service_date, swipe_id, terminal_id, school_id, badge_number,
       occurred_at, charge, amount_cents, transfer_id, recorded_at)
     values (1, $1, 'school_meals', $2::date, gen_random_uuid(), $3, $3, '0100000000', $5::timestamptz, $4::text, $6,
       case when $4::text = 'debited' then gen_random_uuid() end, $5)`,
    [pupilId(number), day, SCHOOLS[0], charge, recordedAt, cents],
  );
}

const list = (change: Partial<ListInvoicedChargesRequest> = {}) =>
  callUnary(charges, 'listInvoicedCharges', { ...MONTH, ...change }, { deadlineMs: 5_000 });
const charge = (serviceDate: string, amountCents = 520, corrected = false) => ({ serviceDate, amountCents, corrected });

test('what is told are the invoiced meals of the month, swiped or booked, with those that were corrected marked', async () => {
  expect(await list()).toEqual({
    pupils: [
      { pupilId: pupilId(1), charges: [charge('2026-10-05'), charge('2026-10-06')] },
      { pupilId: pupilId(3), charges: [charge('2026-10-05', 480)] },
      { pupilId: pupilId(4), charges: [charge('2026-10-07', 520, true)] },
    ],
    nextAfterPupilId: '',
  });
});

test('an answer as of an instant stays the same, and what came after it is told to who asks later', async () => {
  const later = await list({ asOfMs: AT('2026-12-01T08:00:00Z') });
  expect(later.pupils[0]?.charges).toEqual([
    ...[charge('2026-10-05'), charge('2026-10-06', 520, true), charge('2026-10-30')],
  ]);
});

test('of earlier days only those are told that changed since', async () => {
  const { pupils } = await list({ earlierFrom: '2026-09-01', changedSinceMs: AT('2026-10-01T08:00:00Z') });
  expect(pupils[0]?.charges.map(({ serviceDate }) => serviceDate)).toEqual(['2026-09-29', '2026-10-05', '2026-10-06']);
});

test('pages go on where the page before ended, and hold every pupil once', async () => {
  const seen: string[] = [];
  let afterPupilId = '';
  do {
    const page = await list({ pageSize: 1, afterPupilId });
    seen.push(...page.pupils.map((one) => one.pupilId));
    afterPupilId = page.nextAfterPupilId;
  } while (afterPupilId !== '');
  expect(seen).toEqual([pupilId(1), pupilId(3), pupilId(4)]);
  expect((await list({ municipalityId: 2 })).pupils).toEqual([]);
  expect((await list({ service: 'transport' })).pupils).toEqual([]);
});

test.each<[string, Partial<ListInvoicedChargesRequest>]>([
  ['days in the wrong order', { until: '2026-09-30' }],
  ['more than a month', { until: '2026-11-01' }],
  ['earlier days that are later', { earlierFrom: '2026-10-02' }],
  ['a page that is too large', { pageSize: 501 }],
  ['no service', { service: '' }],
  ['a pupil that is no id', { afterPupilId: 'x' }],
])('%s is refused', async (_name, change) => {
  expect(await list(change).then(() => null, refusalKindOf)).toBe('malformed');
});
