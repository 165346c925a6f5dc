import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { addDays, type MunicipalityId, numberId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EditsAnswer } from '../src/http/calendar-description.ts';
import { KitchenAnswer } from '../src/http/kitchen-description.ts';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { SCHOOLS } from './town.ts';

const TODAY = serviceDateAt(new Date());
const TOMORROW = addDays(TODAY, 1);
const MONDAY = addDays(TODAY, 1 - (new Date(`${TODAY}T00:00:00Z`).getUTCDay() || 7));
const SCHOOL = { schoolId: SCHOOLS[0] };
const PASTA = { course: 'first', name: 'Pasta al pomodoro', allergens: ['gluten'] };

let attendance: RunningAttendance;

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 1 });
}, 90_000);

afterAll(async () => {
  await attendance?.close();
}, 30_000);

async function ask(
  path: string,
  init: RequestInit = {},
  role: 'office' | 'guardian' | 'school' = 'office',
  municipality = 1,
) {
  const token = await attendance.identity.tokenFor({
    municipalityId: numberId<MunicipalityId>(municipality),
    role,
    pupilIds: [],
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${attendance.replicas[0]?.httpUrl}/api/attendance/office/${path}`, { ...init, headers });
}
const put = (path: string, body: object, role: 'office' | 'guardian' | 'school' = 'office') =>
  ask(`calendar/${path}`, { method: 'PUT', body: JSON.stringify({ ...SCHOOL, ...body }) }, role);

/** @returns exit status, and what it printed */
function command(words: readonly string[], input: object): Promise<[number | null, string]> {
  return new Promise((resolve) => {
    const entry = fileURLToPath(new URL('../src/office.ts', import.meta.url));
    const all = ['--no-warnings', entry, ...words, '--municipality', '1', '--as', 'prova'];
    const child = execFile(
      process.execPath,
      all,
      { env: { ...process.env, DATABASE_URL: attendance.databaseUrl } },
      (_cause, out, err) => resolve([child.exitCode, (out + err).trim()]),
    );
    child.stdin?.end(JSON.stringify(input));
  });
}

const EDITS: readonly (readonly [path: string, what: string, body: object])[] = [
  ['service-days', 'service_days', { from: TODAY, until: TOMORROW, serviceDates: [TODAY, TOMORROW] }],
  ['closed-days', 'closed_days', { days: [{ serviceDate: TOMORROW, kind: 'strike', reason: 'Sciopero' }] }],
  ['sittings', 'sittings', { secondSittingClasses: ['1A'] }],
  ['menus', 'menus', { menus: [{ serviceDate: TODAY, courses: [PASTA] }] }],
  ['menu-rotation', 'menu_rotation', { startsOn: MONDAY, weeks: 1, days: [{ week: 1, weekday: 1, courses: [PASTA] }] }],
  [
    'absence-rules',
    'absence_rules',
    {
      serviceDaysBefore: 0,
      cutOffTime: '09:30',
      types: [{ code: 'absent', label: 'ASSENTE' }],
      late: { untilTime: '11:00', charged: true },
    },
  ],
  ['charging-policy', 'charging_policy', { policy: 'booked', since: addDays(TODAY, 30) }],
  [
    'cut-off',
    'cut_off',
    { serviceDate: TOMORROW, cutOffAtMs: Date.parse(`${TOMORROW}T09:00:00Z`), reason: 'Portale chiuso' },
  ],
];

test('the office edits calendars, menus and rules one at a time; the same again changes nothing and leaves no line', async () => {
  for (const [path, , body] of EDITS) {
    expect([path, await (await put(path, body)).json()]).toEqual([path, { changed: true }]);
    expect([path, await (await put(path, body)).json()]).toEqual([path, { changed: false }]);
  }
  const count = KitchenAnswer.parse(await (await ask(`kitchen-count?schoolId=${SCHOOLS[0]}&day=${TODAY}`)).json());
  expect(count).toMatchObject({ isServed: true, sittings: [{ sitting: 2 }] });
  const closed = KitchenAnswer.parse(await (await ask(`kitchen-count?schoolId=${SCHOOLS[0]}&day=${TOMORROW}`)).json());
  expect(closed).toMatchObject({ isServed: false, closure: { kind: 'strike', reason: 'Sciopero' } });
});

test('the office does the same at the command line, and reads there what is wrong', async () => {
  const closing = (reason: string) => ({ ...SCHOOL, days: [{ serviceDate: TODAY, kind: 'closure', reason }] });
  expect(await command(['put', '--what', 'closed_days', '--records', '-'], closing('Neve'))).toEqual([
    0,
    '{"changed":true}',
  ]);
  expect(await command(['put', '--what', 'closed_days', '--records', '-'], closing('Neve'))).toEqual([
    0,
    '{"changed":false}',
  ]);
  expect(await command(['put', '--what', 'closed_days', '--records', '-'], closing(' '))).toEqual([
    1,
    expect.stringMatching(/^reason: scrivere il motivo/),
  ]);
  const lines = await command(['edits'], {});
  expect(JSON.parse(lines[1].split('\n')[0] ?? '')).toMatchObject({
    what: 'closed_days',
    editor: { name: 'prova', source: 'command' },
  });
});

test('every edit left one line that says who, where and what, and nothing of what it says; in pages, newest first', async () => {
  const lines: EditsAnswer['edits'] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = EditsAnswer.parse(await (await ask(`calendar/edits?limit=3${cursor && `&cursor=${cursor}`}`)).json());
    lines.push(...page.edits);
    cursor = page.nextCursor;
  }
  const ours = lines.filter(({ source }) => source === 'office');
  expect(ours.map(({ what }) => what)).toEqual(EDITS.map(([, what]) => what).toReversed());
  expect(new Set(ours.map(({ schoolId }) => schoolId))).toEqual(new Set([SCHOOLS[0]]));
  expect(JSON.stringify(lines)).not.toMatch(/Sciopero|Pasta|ASSENTE/);
});

describe('nothing is saved, and the office reads what to write, where', () => {
  test.each<[string, string, object, string, RegExp]>([
    [
      'a range ends before it begins',
      'service-days',
      { from: TOMORROW, until: TODAY, serviceDates: [] },
      'until',
      /dopo il primo/,
    ],
    [
      'a day lies outside its range',
      'service-days',
      { from: TODAY, until: TODAY, serviceDates: [TOMORROW] },
      'service_dates',
      /fra il primo e l’ultimo/,
    ],
    [
      'a closed day has no reason',
      'closed-days',
      { days: [{ serviceDate: TODAY, kind: 'closure', reason: ' ' }] },
      'reason',
      /motivo/,
    ],
    [
      'a rotation begins on a Tuesday',
      'menu-rotation',
      { startsOn: addDays(MONDAY, 1), weeks: 1, days: [] },
      'starts_on',
      /lunedì/,
    ],
    [
      'a cut-off is no time',
      'absence-rules',
      { serviceDaysBefore: 0, cutOffTime: '25:00', types: [] },
      'cut_off_time',
      /ora/,
    ],
  ])('where %s', async (_what, path, body, field, sentence) => {
    const answer = await put(path, body);
    expect(answer.status).toBe(422);
    const problem: { fields: Record<string, string> } = JSON.parse(await answer.text());
    expect(problem).toMatchObject({ kind: 'malformed', fields: { [field]: expect.stringMatching(sentence) } });
  });
});

test('to everybody but the municipality’s own office there is nothing here', async () => {
  const [path, , body] = EDITS[0] ?? ['', '', {}];
  const absent = await (await put(path, { ...body, schoolId: crypto.randomUUID() })).text();
  for (const answer of [await put(path, body, 'guardian'), await put(path, body, 'school')]) {
    expect([answer.status, await answer.text()]).toEqual([404, absent]);
  }
  for (const role of ['guardian', 'school'] as const) expect((await ask('calendar/edits', {}, role)).status).toBe(404);
  const other = EditsAnswer.parse(await (await ask('calendar/edits', {}, 'office', 2)).json());
  expect(other.edits.filter(({ source }) => source === 'office')).toEqual([]);
});
