import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';
import { SwipeOutcome } from '@campanella/proto/attendance/v1/terminal';
import { callUnary } from '@campanella/service-kit';
import { eventually } from '@campanella/testkit';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { openTerminal, swipeOf, type TestTerminal } from './terminal.ts';
import { badgeNumber, PRICE_CENTS, PUPIL, pupilId, pupilInput, SCHOOLS, terminalOf, uuid } from './town.ts';

let attendance: RunningAttendance;
let first: TestTerminal;
let second: TestTerminal;

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 2 });
  first = await openTerminal(attendance.replicas[0]?.address ?? '');
  second = await openTerminal(attendance.replicas[1]?.address ?? '', { till: 2 });
}, 90_000);

afterAll(async () => {
  first?.close();
  second?.close();
  await attendance?.close();
}, 30_000);

async function presences(pupil: number) {
  const { rows } = await attendance.database.query(
    `select swipe_id, charge, amount_cents::int, transfer_id, service_date::text from presences
     where municipality_id = 1 and pupil_id = $1 order by service_date`,
    [pupilId(pupil)],
  );
  return rows;
}

async function setAside(swipeId: string): Promise<string[]> {
  const { rows } = await attendance.database.query(
    'select reason from set_aside_swipes where swipe_id = $1 order by set_aside_at',
    [swipeId],
  );
  return rows.map((row) => row.reason);
}

describe('a swipe becomes a presence', () => {
  test('a prepaid meal is debited at the ledger and recorded once', async () => {
    const swipe = swipeOf(10);
    expect(await first.swipe(swipe)).toBe(SwipeOutcome.RECORDED);
    expect(await presences(10)).toEqual([
      expect.objectContaining({ swipe_id: swipe.swipeId, charge: 'debited', amount_cents: PRICE_CENTS }),
    ]);
  });

  test('an invoiced meal is recorded without a debit', async () => {
    expect(await first.swipe(swipeOf(PUPIL.invoiced))).toBe(SwipeOutcome.RECORDED);
    expect(await presences(PUPIL.invoiced)).toMatchObject([{ charge: 'invoiced', transfer_id: null }]);
  });

  test('a meal beyond the credit limit is served and left to the office', async () => {
    expect(await first.swipe(swipeOf(PUPIL.poor))).toBe(SwipeOutcome.RECORDED_OVER_LIMIT);
    expect(await presences(PUPIL.poor)).toMatchObject([{ charge: 'over_limit', transfer_id: null }]);
  });

  test('a late swipe keeps its own service day', async () => {
    const late = swipeOf(11, { daysAgo: 10 });
    expect(await first.swipe(late)).toBe(SwipeOutcome.RECORDED);
    expect(await presences(11)).toMatchObject([{ service_date: late.serviceDate }]);
  });
});

describe('one meal per pupil, service and day', () => {
  test('the second swipe of the day charges nothing and is kept', async () => {
    await first.swipe(swipeOf(12));
    const again = swipeOf(12);
    expect(await first.swipe(again)).toBe(SwipeOutcome.SECOND_OF_DAY);
    expect(await presences(12)).toHaveLength(1);
    expect(await setAside(again.swipeId)).toEqual(['second_of_day']);
  });

  test('a swipe sent twenty times gets twenty equal answers and one presence', async () => {
    const swipe = swipeOf(13);
    for (let sent = 0; sent < 10; sent += 1) first.send(swipe);
    for (let sent = 0; sent < 10; sent += 1) second.send(swipe);
    await first.resultOf(swipe.swipeId, 10);
    await second.resultOf(swipe.swipeId, 10);
    const answers = [...(first.results.get(swipe.swipeId) ?? []), ...(second.results.get(swipe.swipeId) ?? [])];
    expect(answers).toEqual(Array.from({ length: 20 }, () => SwipeOutcome.RECORDED));
    expect(await presences(13)).toHaveLength(1);
    expect(await setAside(swipe.swipeId)).toEqual([]);
  });

  test('two tills swipe the same pupils at once at two replicas: one presence each, the other second of the day', async () => {
    const pupils = Array.from({ length: 20 }, (_, index) => 31 + index);
    const pairs = pupils.map((pupil) => [swipeOf(pupil), swipeOf(pupil)] as const);
    first.send(...pairs.map(([one]) => one));
    second.send(...pairs.map(([, other]) => other));
    for (const [one, other] of pairs) {
      const outcomes = [await first.resultOf(one.swipeId), await second.resultOf(other.swipeId)];
      expect(outcomes.sort()).toEqual([SwipeOutcome.RECORDED, SwipeOutcome.SECOND_OF_DAY]);
    }
    for (const pupil of pupils) expect(await presences(pupil)).toHaveLength(1);
  });

  test('the same id with another content is refused and kept, and nobody else is charged', async () => {
    const swipe = swipeOf(14);
    await first.swipe(swipe);
    first.send({ ...swipe, badgeNumber: badgeNumber(1, 15) });
    expect(await first.resultOf(swipe.swipeId, 2)).toBe(SwipeOutcome.CONTENT_DIFFERS);
    expect(await presences(15)).toEqual([]);
    expect(await setAside(swipe.swipeId)).toEqual(['content_differs']);
    first.send(swipe);
    expect(await first.resultOf(swipe.swipeId, 3)).toBe(SwipeOutcome.RECORDED);
  });
});

describe('bad input is answered, kept, and charges nothing', () => {
  test.each([
    ['an unknown badge', () => swipeOf(10, { badgeNumber: 'FFFFFFFF' }), SwipeOutcome.UNKNOWN_BADGE, 'unknown_badge'],
    [
      "another municipality's badge",
      () => swipeOf(10, { badgeNumber: badgeNumber(2, 16) }),
      SwipeOutcome.UNKNOWN_BADGE,
      'unknown_badge',
    ],
    ['a blocked badge', () => swipeOf(PUPIL.blockedBadge), SwipeOutcome.BLOCKED_BADGE, 'blocked_badge'],
    ['an expired badge', () => swipeOf(PUPIL.expiredBadge), SwipeOutcome.EXPIRED_BADGE, 'expired_badge'],
    ['a pupil without enrolment', () => swipeOf(PUPIL.notEnrolled), SwipeOutcome.NOT_ENROLLED, 'not_enrolled'],
    ['another service', () => swipeOf(16, { service: 'after_school' }), SwipeOutcome.NOT_ENROLLED, 'not_enrolled'],
    ['a day to come', () => swipeOf(16, { daysAgo: -2 }), SwipeOutcome.DATED_IN_FUTURE, 'dated_in_future'],
    ['a day long past', () => swipeOf(16, { daysAgo: 62 }), SwipeOutcome.TOO_OLD, 'too_old'],
    [
      'a day that is not the day of its instant',
      () => swipeOf(16, { serviceDate: '2026-01-07' }),
      SwipeOutcome.WRONG_SERVICE_DATE,
      'wrong_service_date',
    ],
    [
      'a day that does not exist',
      () => swipeOf(16, { serviceDate: '2026-02-30' }),
      SwipeOutcome.MALFORMED,
      'malformed',
    ],
    ['no instant', () => swipeOf(16, { occurredAtMs: 0 }), SwipeOutcome.MALFORMED, 'malformed'],
    ['an empty badge number', () => swipeOf(16, { badgeNumber: '' }), SwipeOutcome.MALFORMED, 'malformed'],
    ['a NUL in the badge number', () => swipeOf(16, { badgeNumber: '12\0 34' }), SwipeOutcome.MALFORMED, 'malformed'],
    [
      'an id that is no UUID',
      () => swipeOf(16, { swipeId: `nonsense ${Date.now()}` }),
      SwipeOutcome.MALFORMED,
      'malformed',
    ],
  ])('%s', async (_name, make, outcome, reason) => {
    const swipe = make();
    expect(await first.swipe(swipe)).toBe(outcome);
    expect(await setAside(swipe.swipeId)).toEqual([reason]);
    first.send(swipe);
    expect(await first.resultOf(swipe.swipeId, 2)).toBe(outcome);
    expect(await setAside(swipe.swipeId)).toEqual([reason]);
    expect(await presences(16)).toEqual([]);
  });

  test('a swipe set aside keeps its answer when the badge becomes known', async () => {
    const swipe = swipeOf(10, { badgeNumber: '0199999999' });
    expect(await first.swipe(swipe)).toBe(SwipeOutcome.UNKNOWN_BADGE);
    const newBadge = {
      badgeId: uuid(9_999),
      pupilId: pupilId(17),
      badgeNumber: '0199999999',
      blocked: false,
      validFrom: '2020-09-01',
      validUntil: '',
      replacesBadgeId: '',
    };
    await put({ badges: [newBadge] });
    await eventually(
      () =>
        first.updates.some((update) =>
          update.pupils.some((one) => one.pupilId === pupilId(17) && one.badges.length === 2),
        ),
      {
        withinMs: 10_000,
      },
    );
    first.send(swipe);
    expect(await first.resultOf(swipe.swipeId, 2)).toBe(SwipeOutcome.UNKNOWN_BADGE);
    expect(await first.swipe(swipeOf(17, { badgeNumber: '0199999999' }))).toBe(SwipeOutcome.RECORDED);
  });
});

async function put(records: Parameters<typeof PutRequest.create>[0]): Promise<void> {
  const request = PutRequest.create({ municipalityId: 1, ...records });
  const answer = await callUnary(attendance.registry, 'put', request, { deadlineMs: 10_000 });
  expect(answer.refusals).toEqual([]);
}

describe('who may connect', () => {
  const address = () => attendance.replicas[0]?.address ?? '';
  test.each([
    ['an unknown terminal', { terminalId: uuid(77) }, status.UNAUTHENTICATED, 'register it again'],
    ['a wrong key', { key: 'x'.repeat(43) }, status.UNAUTHENTICATED, 'register it again'],
    ['a terminal id that is no UUID', { terminalId: 'cassa' }, status.UNAUTHENTICATED, 'register it again'],
    ['another municipality', { says: { municipalityId: 2 } }, status.PERMISSION_DENIED, 'correct municipality_id'],
    ['another school', { says: { schoolId: SCHOOLS[1] } }, status.PERMISSION_DENIED, 'correct school_id'],
  ])('%s is refused with what to do', async (_name, place, code, advice) => {
    await expect(openTerminal(address(), place)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(advice),
    });
  });

  test('a terminal that is disabled is shut out of its open stream, and let in again once registered', async () => {
    const terminal = await openTerminal(address(), { schoolId: SCHOOLS[1], till: 2 });
    const terminalId = terminalOf(1, SCHOOLS[1], 2);
    const deadline = { deadlineMs: 5_000 };
    await callUnary(attendance.office, 'disableTerminal', { municipalityId: 1, terminalId }, deadline);
    await eventually(() => terminal.fault() !== null, { withinMs: 5_000 });
    expect(terminal.fault()?.code).toBe(status.UNAUTHENTICATED);
    await expect(openTerminal(address(), { schoolId: SCHOOLS[1], till: 2 })).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    const key = 'n'.repeat(43);
    const again = { municipalityId: 1, terminalId, schoolId: SCHOOLS[1], name: 'Cassa 2', key };
    await callUnary(attendance.office, 'registerTerminal', again, deadline);
    const back = await openTerminal(address(), { schoolId: SCHOOLS[1], till: 2, key });
    expect(back.welcome).toMatchObject({
      terminalName: 'Cassa 2',
      schoolName: 'Scuola 2',
      municipalityName: 'Comune 1',
    });
    back.close();
  });
});

describe('the directory at the terminals', () => {
  test('a terminal without a directory gets a snapshot of its school and no other', async () => {
    const terminal = await openTerminal(attendance.replicas[1]?.address ?? '', { schoolId: SCHOOLS[1] });
    await eventually(() => terminal.updates.some((update) => update.lastPage), { withinMs: 5_000 });
    expect(terminal.updates[0]).toMatchObject({ snapshot: true });
    expect(terminal.updates.flatMap((update) => update.pupils)).toHaveLength(30);
    terminal.close();
  });

  test('a change reaches connected terminals of the school as a delta, at every replica', async () => {
    await put({ pupils: [pupilInput(18, 'SL', 'Alba')] });
    for (const terminal of [first, second]) {
      const update = await eventually(
        () => terminal.updates.find((one) => one.pupils.some((pupil) => pupil.dietCode === 'SL')),
        { withinMs: 10_000 },
      );
      expect(update).toMatchObject({ snapshot: false, lastPage: true });
      expect(update.pupils).toHaveLength(1);
    }
    const { rows } = await attendance.database.query(
      'select diet_sealed from directory_pupils where municipality_id = 1 and pupil_id = $1',
      [pupilId(18)],
    );
    expect(rows[0].diet_sealed).toMatch(/^f1\./);
  });
});
