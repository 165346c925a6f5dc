import { callUnary } from '@campanella/service-kit';
import { addDays, id, type MunicipalityId, numberId, type PupilId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { openTerminal, swipeOf } from './terminal.ts';
import { badgeNumber, PRICE_CENTS, PUPIL, pupilId, SCHOOLS, uuid } from './town.ts';

const TODAY = serviceDateAt(new Date());
const DAYS = Array.from({ length: 31 }, (_, index) => addDays(TODAY, 1 - index));
const [FROM, TO] = [DAYS.at(-1) ?? TODAY, DAYS[0] ?? TODAY];

let attendance: RunningAttendance;

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 1 });
  const deadline = { deadlineMs: 5_000 };
  const place = { municipalityId: 1, schoolId: SCHOOLS[0], service: 'school_meals' };
  const calendar = { ...place, from: FROM, until: TO, serviceDates: DAYS };
  await callUnary(attendance.office, 'putServiceDays', calendar, deadline);
  await callUnary(attendance.office, 'putServiceDays', calendar, deadline);
  const menus = [{ serviceDate: TODAY, text: 'Pasta al pomodoro, frittata, mela', courses: [] }];
  await callUnary(attendance.office, 'putMenus', { ...place, menus }, deadline);
  const terminal = await openTerminal(attendance.replicas[0]?.address ?? '');
  for (const daysAgo of [0, 3]) await terminal.swipe(swipeOf(20, { daysAgo }));
  await terminal.swipe(swipeOf(PUPIL.poor));
  terminal.close();
}, 90_000);

afterAll(async () => {
  await attendance?.close();
}, 30_000);

async function get(pupil: string, query: string, own: readonly string[] = [pupilId(20)], municipality = 1) {
  const token = await attendance.identity.tokenFor({
    municipalityId: numberId<MunicipalityId>(municipality),
    pupilIds: own.map((one) => id<PupilId>(one)),
  });
  const path = `/api/attendance/pupils/${pupil}/presences?service=school_meals&${query}`;
  return fetch(`${attendance.replicas[0]?.httpUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

/** What a page holds, as the portal reads it. */
async function answerOf(response: Response): Promise<{ days: Record<string, unknown>[]; nextCursor: string | null }> {
  return JSON.parse(await response.text());
}

test('every service day has one line, newest first, in pages without gap or repeat', async () => {
  const lines: Record<string, unknown>[] = [];
  let cursor = '';
  do {
    const response = await get(pupilId(20), `from=${FROM}&to=${TO}&limit=10${cursor}`);
    expect(response.status).toBe(200);
    const page = await answerOf(response);
    lines.push(...page.days);
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  expect(lines.map((line) => line['serviceDate'])).toEqual(DAYS);
  expect(lines[0]).toMatchObject({ presence: 'expected', charge: 'not_charged', amountCents: 0, swipedAt: null });
  expect(lines[1]).toMatchObject({
    presence: 'present',
    menu: 'Pasta al pomodoro, frittata, mela',
    charge: 'debited',
    amountCents: PRICE_CENTS,
    badgeNumber: badgeNumber(1, 20),
  });
  expect(lines[2]).toMatchObject({ presence: 'absent', menu: null, badgeNumber: null });
  expect(lines.filter((line) => line['presence'] === 'present')).toHaveLength(2);
});

test('a meal beyond the limit says so', async () => {
  const response = await get(pupilId(PUPIL.poor), `from=${TODAY}&to=${TODAY}`, [pupilId(PUPIL.poor)]);
  expect((await answerOf(response)).days).toMatchObject([{ presence: 'present', charge: 'over_limit' }]);
});

test('another guardian’s pupil and a pupil that does not exist get the same bytes', async () => {
  const range = `from=${FROM}&to=${TO}`;
  const answers = await Promise.all([
    get(pupilId(21), range),
    get(uuid(987_654), range),
    get(uuid(987_654), range, [uuid(987_654)]),
    get('nonsense', range),
    get(pupilId(21), 'from=nonsense'),
    get(pupilId(20), range, [pupilId(21)]),
  ]);
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([404]));
  expect(new Set(bodies).size).toBe(1);
  expect(JSON.parse(bodies[0] ?? '')).toEqual({
    type: 'about:blank',
    title: "Consultazione non possibile, verificare il codice fiscale dell'utente",
    status: 404,
    kind: 'not_found',
  });
});

test('the same pupil id in another municipality shows nothing of ours', async () => {
  const response = await get(pupilId(20), `from=${FROM}&to=${TO}`, [pupilId(20)], 2);
  expect((await answerOf(response)).days).toEqual([]);
});

test.each([
  ['an inverted range', `from=${TO}&to=${FROM}`, 'inverted_range'],
  ['a range above 36 months', 'from=2020-01-01&to=2023-01-02', 'range_too_long'],
  ['no dates', '', 'malformed'],
  ['a day that does not exist', 'from=2026-02-30&to=2026-03-01', 'malformed'],
  ['the year 0', 'from=0000-01-01&to=0000-01-31', 'malformed'],
  ['a cursor in the year 99', `from=${FROM}&to=${TO}&cursor=0099-12-31`, 'malformed'],
  ['a limit above 100', `from=${FROM}&to=${TO}&limit=101`, 'malformed'],
  ['a cursor of another form', `from=${FROM}&to=${TO}&cursor=x`, 'malformed'],
])('%s is refused', async (_name, query, kind) => {
  const response = await get(pupilId(20), query);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ status: 422, kind });
});

test('twenty months at once are answered in pages', async () => {
  const response = await get(pupilId(20), `from=${addDays(TODAY, -600)}&to=${TO}&limit=100`);
  expect(response.status).toBe(200);
  expect((await answerOf(response)).days).toHaveLength(31);
});

test('nobody without an identity', async () => {
  const url = `${attendance.replicas[0]?.httpUrl}/api/attendance/pupils/${pupilId(20)}/presences`;
  expect((await fetch(url)).status).toBe(401);
});
