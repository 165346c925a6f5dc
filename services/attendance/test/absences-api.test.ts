import { callUnary } from '@campanella/service-kit';
import {
  addDays,
  id,
  type MunicipalityId,
  numberId,
  type PersonId,
  type PupilId,
  serviceDateAt,
} from '@campanella/vocabulary';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v4 as uuidv4 } from 'uuid';
import { AbsencesAnswer } from '../src/http/describe.ts';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { openTerminal, swipeOf } from './terminal.ts';
import { PUPIL, pupilId, SCHOOLS } from './town.ts';

const TODAY = serviceDateAt(new Date());
/** The next fortnight but for one closed day. */
const CLOSED = addDays(TODAY, 5);
const SERVED = Array.from({ length: 15 }, (_, index) => addDays(TODAY, index)).filter((day) => day !== CLOSED);
const NOTICE = 'absence-notice?service=school_meals';

let attendance: RunningAttendance;
const deadline = { deadlineMs: 5_000 };
const place = { municipalityId: 1, schoolId: SCHOOLS[0], service: 'school_meals' };

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 2 });
  const calendar = { ...place, from: TODAY, until: addDays(TODAY, 14), serviceDates: SERVED };
  await callUnary(attendance.office, 'putServiceDays', calendar, deadline);
  // Yesterday's last minute for tomorrow is over, the day after tomorrow's is not: whatever the clock says now.
  const types = [
    { code: 'absent', label: 'ASSENTE' },
    { code: 'light_meal', label: 'DIETA IN BIANCO' },
  ];
  const rules = { ...place, serviceDaysBefore: 1, cutOffTime: '00:00', types, late: undefined };
  await callUnary(attendance.office, 'putAbsenceRules', rules, deadline);
  await callUnary(attendance.office, 'putAbsenceRules', rules, deadline);
}, 90_000);

afterAll(async () => {
  await attendance?.close();
}, 30_000);

interface Call {
  readonly own?: readonly string[];
  readonly municipality?: number;
  readonly replica?: number;
  readonly person?: string;
}

async function ask(pupil: string, path: string, init: RequestInit = {}, call: Call = {}): Promise<Response> {
  const { own = [pupil], municipality = 1, replica = 0, person = uuidv4() } = call;
  const token = await attendance.identity.tokenFor({
    personId: id<PersonId>(person),
    municipalityId: numberId<MunicipalityId>(municipality),
    pupilIds: own.map((one) => id<PupilId>(one)),
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${attendance.replicas[replica]?.httpUrl}/api/attendance/pupils/${pupil}/${path}`, { ...init, headers });
}

const absence = (more: Record<string, unknown> = {}) => ({
  requestId: uuidv4(),
  service: 'school_meals',
  from: addDays(TODAY, 2),
  to: addDays(TODAY, 2),
  type: 'absent',
  ...more,
});

function communicate(pupil: string, body: Record<string, unknown>, call: Call = {}): Promise<Response> {
  return ask(pupil, 'absences', { method: 'POST', body: JSON.stringify(body) }, call);
}

async function outcomes(response: Response): Promise<Record<string, string>> {
  expect(response.status).toBe(200);
  const { days }: { days: { serviceDate: string; outcome: string }[] } = JSON.parse(await response.text());
  return Object.fromEntries(days.map((day) => [day.serviceDate, day.outcome]));
}

test('the notice says which types there are, until when, and from which day on', async () => {
  const notice: Record<string, unknown> = JSON.parse(await (await ask(pupilId(1), NOTICE)).text());
  expect(notice).toMatchObject({
    types: [
      { code: 'absent', label: 'ASSENTE' },
      { code: 'light_meal', label: 'DIETA IN BIANCO' },
    ],
    serviceDaysBefore: 1,
    cutOffTime: '00:00',
    next: { serviceDate: addDays(TODAY, 2) },
    extensions: [],
  });
});

test('a range is answered day by day: too late, accepted, closed, and the next days are not touched by it', async () => {
  const answer = await outcomes(await communicate(pupilId(2), absence({ from: TODAY, to: addDays(TODAY, 6) })));
  expect(answer).toEqual({
    [TODAY]: 'cut_off_passed',
    [addDays(TODAY, 1)]: 'cut_off_passed',
    [addDays(TODAY, 2)]: 'accepted',
    [addDays(TODAY, 3)]: 'accepted',
    [addDays(TODAY, 4)]: 'accepted',
    [CLOSED]: 'closed',
    [addDays(TODAY, 6)]: 'accepted',
  });
  const again = await outcomes(
    await communicate(pupilId(2), absence({ from: addDays(TODAY, 2), to: addDays(TODAY, 2) })),
  );
  expect(Object.values(again)).toEqual(['already_absent']);
  const list = await ask(pupilId(2), `presences?service=school_meals&from=${TODAY}&to=${addDays(TODAY, 3)}`);
  const { days }: { days: { presence: string }[] } = JSON.parse(await list.text());
  expect(days.map(({ presence }) => presence)).toEqual([
    'absence_communicated',
    'absence_communicated',
    'expected',
    'expected',
  ]);
});

test('the same request twenty times at two replicas is one absence with one answer; its id for something else is refused', async () => {
  const body = absence({ from: addDays(TODAY, 3), to: addDays(TODAY, 4) });
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_item, index) =>
      (await communicate(pupilId(7), body, { replica: index % 2 })).text(),
    ),
  );
  expect(new Set(answers).size).toBe(1);
  expect(JSON.parse(answers[0] ?? '').days).toMatchObject([{ outcome: 'accepted' }, { outcome: 'accepted' }]);
  const { rows } = await attendance.database.query('select service_date from absences where pupil_id = $1', [
    pupilId(7),
  ]);
  expect(rows).toHaveLength(2);
  const other = await communicate(pupilId(7), { ...body, to: addDays(TODAY, 6) });
  expect(other.status).toBe(409);
  expect(await other.json()).toMatchObject({ kind: 'request_differs' });
});

test('two tabs with a request each for the same day: one is accepted, the other learns that it was', async () => {
  const kinds = await Promise.all(
    [0, 1].map(
      async (replica) => Object.values(await outcomes(await communicate(pupilId(8), absence(), { replica })))[0],
    ),
  );
  expect(kinds.sort()).toEqual(['accepted', 'already_absent']);
});

test('a cut-off that the office extended takes absences until its new instant, and everybody sees why', async () => {
  const cutOffAtMs = Date.now() + 60_000;
  const extension = {
    ...place,
    serviceDate: addDays(TODAY, 1),
    cutOffAtMs,
    reason: 'Portale non raggiungibile dalle 8 alle 9',
  };
  await callUnary(attendance.office, 'extendCutOff', extension, deadline);
  const notice: Record<string, unknown> = JSON.parse(await (await ask(pupilId(9), NOTICE)).text());
  expect(notice).toMatchObject({
    next: { serviceDate: addDays(TODAY, 1), cutOffAt: new Date(cutOffAtMs).toISOString() },
    extensions: [{ serviceDate: addDays(TODAY, 1), reason: 'Portale non raggiungibile dalle 8 alle 9' }],
  });
  const day = { from: addDays(TODAY, 1), to: addDays(TODAY, 1) };
  expect(Object.values(await outcomes(await communicate(pupilId(9), absence(day))))).toEqual(['accepted']);
});

describe('the list of communicated absences', () => {
  const ONE = uuidv4();
  const listed = async (query = '', pupil = pupilId(14)) => {
    const response = await ask(pupil, `absences?service=school_meals${query}`, {}, { own: [pupil], person: ONE });
    expect(response.status).toBe(200);
    return AbsencesAnswer.parse(JSON.parse(await response.text()));
  };

  test('is empty where there are none', async () => {
    expect(await listed('', pupilId(13))).toMatchObject({ absences: [], nextCursor: null });
  });

  test('has the last communicated first, page by page without gap or repeat, and says when and what', async () => {
    await communicate(pupilId(14), absence({ from: addDays(TODAY, 6), to: addDays(TODAY, 8) }));
    await communicate(pupilId(14), absence({ type: 'light_meal' }), { person: ONE });
    const { absences: all } = await listed();
    const wanted = [2, 8, 7, 6].map((after) => addDays(TODAY, after));
    expect(all.map(({ serviceDate }) => serviceDate)).toEqual(wanted);
    expect(all[0]).toMatchObject({ type: 'light_meal', label: 'DIETA IN BIANCO', isLate: false });
    expect(all.map(({ isCommunicatedByCaller }) => isCommunicatedByCaller)).toEqual([true, false, false, false]);
    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: AbsencesAnswer = await listed(`&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      pages.push(...page.absences.map(({ serviceDate }) => serviceDate));
      cursor = page.nextCursor;
    }
    expect(pages).toEqual(wanted);
  });

  test.each([
    'limit=0',
    'limit=101',
    'cursor=x',
    'cursor=2027-13-45T00:00:00.000Z/2027-01-01',
    'cursor=2027-01-01T00:00:00.000Z/2027-02-30',
  ])('refuses %s, and says what to do', async (query) => {
    const response = await ask(pupilId(14), `absences?service=school_meals&${query}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      kind: 'malformed',
      title: expect.stringContaining('non sono validi'),
    });
  });
});

test('who swiped is not absent, and who is not enrolled is told so', async () => {
  const terminal = await openTerminal(attendance.replicas[0]?.address ?? '');
  await terminal.swipe(swipeOf(10));
  terminal.close();
  const today = { from: TODAY, to: TODAY };
  expect(await outcomes(await communicate(pupilId(10), absence(today)))).toEqual({ [TODAY]: 'already_present' });
  const stranger = await outcomes(await communicate(pupilId(PUPIL.notEnrolled), absence()));
  expect(Object.values(stranger)).toEqual(['not_enrolled']);
});

describe('nothing is taken', () => {
  test.each<[string, Record<string, unknown>, number, string]>([
    ['of an inverted range', { from: addDays(TODAY, 3), to: addDays(TODAY, 2) }, 422, 'inverted_range'],
    ['of 63 days', { from: TODAY, to: addDays(TODAY, 62) }, 422, 'range_too_long'],
    ['of the past alone', { from: addDays(TODAY, -9), to: addDays(TODAY, -1) }, 422, 'range_in_the_past'],
    ['of a type that is not offered', { type: 'holiday' }, 422, 'unknown_type'],
    ['of a day that does not exist', { from: '2027-02-30' }, 422, 'malformed'],
    ['without an id', { requestId: undefined }, 422, 'malformed'],
    ['with a field nobody knows', { forAll: true }, 422, 'malformed'],
    ['for a service that has no rules', { service: 'transport' }, 409, 'not_offered'],
  ])('%s', async (_what, more, status, kind) => {
    const response = await communicate(pupilId(11), absence(more));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, kind });
  });

  test('at a school without rules', async () => {
    const response = await communicate(pupilId(59), absence());
    expect(await response.json()).toMatchObject({ status: 409, kind: 'not_offered' });
  });

  test("for somebody else's pupil, in the same bytes as for one that does not exist", async () => {
    const strangers = [
      await communicate(pupilId(12), absence(), { own: [pupilId(11)] }),
      await communicate(pupilId(9_999), absence(), { own: [pupilId(11)] }),
      await communicate(pupilId(12), { nonsense: true }, { own: [pupilId(11)] }),
      await ask(pupilId(12), NOTICE, {}, { own: [pupilId(11)] }),
      await ask(pupilId(12), 'absences?service=school_meals', {}, { own: [pupilId(11)] }),
      await ask(pupilId(12), NOTICE, {}, { own: [pupilId(12)], municipality: 7 }),
    ];
    expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([404]));
    expect(new Set(await Promise.all(strangers.map((one) => one.text()))).size).toBe(1);
  });
});

describe('the office cannot set', () => {
  const types = [{ code: 'absent', label: 'ASSENTE' }];
  const rules = { ...place, serviceDaysBefore: 0, cutOffTime: '09:30', types, late: undefined };
  test.each([
    ['no type at all', { types: [] }],
    ['two types with one code', { types: [...rules.types, ...rules.types] }],
    ['a time that is none', { cutOffTime: '9.30' }],
    ['a cut-off eleven days before', { serviceDaysBefore: 11 }],
  ])('%s', async (_what, more) => {
    const setting = callUnary(attendance.office, 'putAbsenceRules', { ...rules, ...more }, deadline);
    await expect(setting).rejects.toThrow('INVALID_ARGUMENT');
  });

  const extension = { ...place, serviceDate: TODAY, cutOffAtMs: Date.now(), reason: 'Portale fermo' };
  test.each([
    ['an extension without a reason', { reason: ' ' }],
    ['an extension beyond its day', { cutOffAtMs: Date.now() + 3 * 86_400_000 }],
  ])('%s', async (_what, more) => {
    const setting = callUnary(attendance.office, 'extendCutOff', { ...extension, ...more }, deadline);
    await expect(setting).rejects.toThrow('INVALID_ARGUMENT');
  });
});
