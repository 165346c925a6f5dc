import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';
import { callUnary } from '@campanella/service-kit';
import { eventually } from '@campanella/testkit';
import { addDays, id, type MunicipalityId, numberId, type PupilId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PresencesAnswer } from '../src/http/describe.ts';
import { DayTableAnswer, KitchenAnswer, SchoolsAnswer } from '../src/http/kitchen-description.ts';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { openTerminal, swipeOf } from './terminal.ts';
import { PRICE_CENTS, PUPIL, PUPIL_COUNT, pupilId, SCHOOLS } from './town.ts';

const TODAY = serviceDateAt(new Date());
const TOMORROW = addDays(TODAY, 1);
const CLOSED = addDays(TODAY, 2);
const TRIP = addDays(TODAY, 3);
const MONDAY = addDays(TODAY, 1 - (new Date(`${TODAY}T00:00:00Z`).getUTCDay() || 7));
const PLACE = { municipalityId: 1, schoolId: SCHOOLS[0], service: 'school_meals' };
/** Of the first school: all but the one without an enrolment. */
const ENROLLED = PUPIL_COUNT / 2 - 1;

let attendance: RunningAttendance;

const dish = (course: string, name: string, allergens: string[], dietCode = '') => ({
  ...{ course, name, allergens, dietCode },
});

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 1 });
  const { office } = attendance;
  const deadline = { deadlineMs: 5_000 };
  const serviceDates = [TODAY, TOMORROW, CLOSED, TRIP];
  await callUnary(office, 'putServiceDays', { ...PLACE, from: TODAY, until: TRIP, serviceDates }, deadline);
  const rules = {
    ...{ serviceDaysBefore: 0, cutOffTime: '09:30', late: undefined },
    types: [
      { code: 'absent', label: 'ASSENTE' },
      { code: 'light_meal', label: 'DIETA IN BIANCO', dietCode: 'LIGHT' },
    ],
  };
  await callUnary(office, 'putAbsenceRules', { ...PLACE, ...rules }, deadline);
  const closed = { serviceDate: CLOSED, kind: 'strike', reason: 'Sciopero del personale', className: '' };
  const trip = { serviceDate: TRIP, kind: 'trip', reason: 'Gita al museo', className: '1A' };
  for (const _twice of [1, 2]) await callUnary(office, 'putClosedDays', { ...PLACE, days: [closed, trip] }, deadline);
  const everyDay = (prefix: string) =>
    [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
      ...{ week: 1, weekday },
      courses: [
        dish('first', `${prefix} pasta`, ['gluten']),
        dish('first', `${prefix} riso`, [], 'GF'),
        dish('fruit', 'Mela', []),
      ],
    }));
  const rotation = { ...PLACE, startsOn: MONDAY, weeks: 1, days: everyDay('Rotazione:') };
  await callUnary(office, 'putMenuRotation', rotation, deadline);
  const menu = { serviceDate: TODAY, text: '', courses: [dish('single', 'Pizza', ['milk', 'gluten'])] };
  await callUnary(office, 'putMenus', { ...PLACE, menus: [menu] }, deadline);
  const terminal = await openTerminal(attendance.replicas[0]?.address ?? '');
  await terminal.swipe(swipeOf(20));
  await terminal.swipe(swipeOf(22));
  await terminal.swipe(swipeOf(PUPIL.poor));
  await terminal.swipe(swipeOf(PUPIL.invoiced));
  terminal.close();
  for (const [number, type] of [
    [10, 'absent'],
    [11, 'light_meal'],
  ] as const) {
    const answer = await ask(`/pupils/${pupilId(number)}/absences`, 'guardian', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ requestId: crypto.randomUUID(), service: 'school_meals', from: TOMORROW, to: TOMORROW, type },
      }),
    });
    expect(answer.status).toBe(200);
  }
}, 90_000);

afterAll(async () => {
  await attendance?.close();
}, 30_000);

type Role = 'guardian' | 'office' | 'school';

async function ask(path: string, role: Role = 'office', init: RequestInit = {}, municipality = 1): Promise<Response> {
  const token = await attendance.identity.tokenFor({
    municipalityId: numberId<MunicipalityId>(municipality),
    role,
    pupilIds: role === 'guardian' ? [10, 11, 20, PUPIL.diet].map((number) => id<PupilId>(pupilId(number))) : [],
  });
  return fetch(`${attendance.replicas[0]?.httpUrl}/api/attendance${path}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  });
}

const query = (day: string, schoolId: string = SCHOOLS[0]) => `schoolId=${schoolId}&day=${day}`;
const countOf = async (day: string) =>
  KitchenAnswer.parse(await (await ask(`/office/kitchen-count?${query(day)}`)).json());

test('the schools are listed for the office and the schools', async () => {
  for (const role of ['office', 'school'] as const) {
    const { schools } = SchoolsAnswer.parse(await (await ask('/office/schools', role)).json());
    expect(schools.map(({ name }) => name)).toEqual(['Scuola 1', 'Scuola 2']);
  }
});

test('the kitchen cooks for everybody enrolled, less who is absent; a light meal takes the place of the pupil’s own', async () => {
  const today = await countOf(TODAY);
  expect(today).toMatchObject({ schoolName: 'Scuola 1', isServed: true, total: ENROLLED });
  expect(today.sittings).toEqual([
    {
      sitting: 1,
      total: ENROLLED,
      diets: [
        { dietCode: '', count: ENROLLED - 1 },
        { dietCode: 'GF', count: 1 },
      ],
    },
  ]);
  const tomorrow = await countOf(TOMORROW);
  expect(tomorrow.total).toBe(ENROLLED - 1);
  expect(tomorrow.sittings[0]?.diets).toContainEqual({ dietCode: 'LIGHT', count: 1 });
  expect(tomorrow.isFinal).toBe(false);
  expect(new Date(tomorrow.cutOffAt ?? 0).getTime()).toBeGreaterThan(Date.now());
});

test('a diet is cooked on its own days, and terminals are told them', async () => {
  const veg = { dietCode: 'VEG', kind: 'ethical', reference: 'D-1', validFrom: TOMORROW, validUntil: TOMORROW };
  const diets = [{ pupilId: pupilId(22), diets: [veg] }];
  const put = PutRequest.create({ municipalityId: 1, diets });
  expect(await callUnary(attendance.registry, 'put', put, { deadlineMs: 5_000 })).toMatchObject({ stored: true });
  const vegOn = async (day: string) =>
    (await countOf(day)).sittings[0]?.diets.find(({ dietCode }) => dietCode === 'VEG');
  await eventually(async () => (await vegOn(TOMORROW))?.count === 1, { withinMs: 15_000 });
  expect(await vegOn(TODAY)).toBeUndefined();
  expect(await vegOn(TRIP)).toBeUndefined();
  const terminal = await openTerminal(attendance.replicas[0]?.address ?? '');
  const told = () => terminal.updates.flatMap(({ pupils }) => pupils).find((one) => one.pupilId === pupilId(22));
  await eventually(async () => told() !== undefined, { withinMs: 15_000 });
  terminal.close();
  expect(told()).toMatchObject({
    ...{ dietCode: '', diets: [{ dietCode: 'VEG', validFrom: TOMORROW, validUntil: TOMORROW }] },
  });
});

test('a strike closes the school, a trip only its class; parents read why', async () => {
  expect(await countOf(CLOSED)).toMatchObject({
    ...{ isServed: false, total: 0, cutOffAt: null },
    closure: { kind: 'strike', reason: 'Sciopero del personale' },
  });
  expect(await countOf(TRIP)).toMatchObject({ isServed: true, total: 0, closure: null });
  const path = `/pupils/${pupilId(20)}/presences?service=school_meals&from=${TODAY}&to=${TRIP}`;
  const { days } = PresencesAnswer.parse(await (await ask(path, 'guardian')).json());
  expect(days.map(({ serviceDate, presence, closure }) => [serviceDate, presence, closure?.reason ?? null])).toEqual([
    [TRIP, 'closed', 'Gita al museo'],
    [CLOSED, 'closed', 'Sciopero del personale'],
    [TOMORROW, 'expected', null],
    [TODAY, 'present', null],
  ]);
});

test('no absence is taken for a day on which the school or the class does not eat', async () => {
  const body = { requestId: crypto.randomUUID(), service: 'school_meals', from: CLOSED, to: TRIP, type: 'absent' };
  const answer = await ask(`/pupils/${pupilId(20)}/absences`, 'guardian', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(await answer.json()).toMatchObject({ days: [{ outcome: 'closed' }, { outcome: 'closed' }] });
});

test('a day’s own menu comes before that of the rotation; a diet has its own dishes, with allergens', async () => {
  const path = (number: number) =>
    `/pupils/${pupilId(number)}/presences?service=school_meals&from=${TODAY}&to=${TOMORROW}`;
  const own = PresencesAnswer.parse(await (await ask(path(20), 'guardian')).json()).days;
  expect(own.map(({ menu }) => menu)).toEqual(['Rotazione: pasta, Mela', 'Pizza']);
  expect(own[1]?.courses).toEqual([{ course: 'single', name: 'Pizza', allergens: ['gluten', 'milk'] }]);
  const withDiet = PresencesAnswer.parse(await (await ask(path(PUPIL.diet), 'guardian')).json()).days;
  expect(withDiet[0]?.courses).toEqual([
    { course: 'first', name: 'Rotazione: riso', allergens: [] },
    { course: 'fruit', name: 'Mela', allergens: [] },
  ]);
});

test('second sittings are counted apart', async () => {
  const put = (secondSittingClasses: string[]) =>
    callUnary(attendance.office, 'putSittings', { ...PLACE, secondSittingClasses }, { deadlineMs: 5_000 });
  await put(['1A']);
  expect((await countOf(TODAY)).sittings).toMatchObject([{ sitting: 2, total: ENROLLED }]);
  await put([]);
  expect((await countOf(TODAY)).sittings).toMatchObject([{ sitting: 1, total: ENROLLED }]);
});

test('the count is a spreadsheet and a page for the wall, both without names', async () => {
  const csv = await ask(`/office/kitchen-count.csv?${query(TODAY)}`, 'school');
  expect(csv.headers.get('content-disposition')).toBe(`attachment; filename=pasti-${TODAY}.csv`);
  const bytes = Buffer.from(await csv.arrayBuffer());
  const lines = bytes.toString().split('\r\n');
  expect(lines[0]).toBe('\ufeffData;Scuola;Turno;Classe;Dieta;Pasti');
  expect(lines[1]).toMatch(/^\d{2}\/\d{2}\/\d{4};Scuola 1;1;1A;Menu ordinario;28$/);
  const page = await ask(`/office/kitchen-count.html?${query(TODAY)}`, 'school');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toContain(`${ENROLLED} pasti`);
  for (const text of [html, lines.join()]) expect(text).not.toContain('Segnaposto');
});

test('booked, served and charged stand side by side, with every difference', async () => {
  const answer = DayTableAnswer.parse(await (await ask(`/office/day?${query(TODAY)}`)).json());
  expect(answer).toMatchObject({ booked: ENROLLED, served: 4, charged: 3, chargedCents: 3 * PRICE_CENTS });
  const of = (kind: string) => answer.differences.filter((one) => one.kind === kind);
  expect(of('not_served')).toHaveLength(ENROLLED - 4);
  expect(of('not_charged')).toMatchObject([{ pupilId: pupilId(PUPIL.poor) }]);
  expect(of('not_booked')).toEqual([]);
});

describe('a correction', () => {
  const correct = (body: object, role: Role = 'office') =>
    ask('/office/corrections', role, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ correctionId: crypto.randomUUID(), day: TODAY, reason: 'Pasto non servito', ...body }),
    });
  test('gives back what the meal cost, once, with a reason that parents read; the presence stays', async () => {
    const before = await attendance.ledger.revenue();
    const correctionId = crypto.randomUUID();
    const both = await Promise.all([1, 2].map(() => correct({ correctionId, pupilId: pupilId(20) })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const again = await correct({ pupilId: pupilId(20) });
    expect([again.status, ((await again.json()) as { kind: string }).kind]).toEqual([409, 'already_corrected']);
    expect(await attendance.ledger.revenue()).toBe(before - PRICE_CENTS);
    const path = `/pupils/${pupilId(20)}/presences?service=school_meals&from=${TODAY}&to=${TODAY}`;
    const { days } = PresencesAnswer.parse(await (await ask(path, 'guardian')).json());
    expect(days).toMatchObject([{ presence: 'present', correction: { reason: 'Pasto non servito' } }]);
    const table = DayTableAnswer.parse(await (await ask(`/office/day?${query(TODAY)}`)).json());
    expect(table).toMatchObject({ served: 4, charged: 2 });
  });

  test('that the ledger was away for is taken back once, when the same is asked again', async () => {
    const before = await attendance.ledger.revenue();
    const wanted = { correctionId: crypto.randomUUID(), pupilId: pupilId(22) };
    await attendance.ledger.kill();
    const away = await correct(wanted);
    await attendance.ledger.startAgain();
    expect([away.status, ((await away.json()) as { kind: string }).kind]).toEqual([503, 'unavailable']);
    for (const _twice of [1, 2]) {
      await eventually(async () => (await correct(wanted)).status === 200, { withinMs: 20_000 });
    }
    expect(await attendance.ledger.revenue()).toBe(before - PRICE_CENTS);
  }, 60_000);

  test('of an invoiced meal is kept without the ledger', async () => {
    expect((await correct({ pupilId: pupilId(PUPIL.invoiced) })).status).toBe(200);
  });

  test.each([
    ['a meal that was not charged', { pupilId: pupilId(PUPIL.poor) }, 409, 'not_charged'],
    ['a meal that there is not', { pupilId: pupilId(21) }, 404, 'not_found'],
    ['no reason', { pupilId: pupilId(20), reason: ' ' }, 422, 'malformed'],
  ])('of %s is refused', async (_what, body, status, kind) => {
    const answer = await correct(body);
    expect([answer.status, ((await answer.json()) as { kind: string }).kind]).toEqual([status, kind]);
  });

  test('is not there for a school', async () => {
    expect((await correct({ pupilId: pupilId(20) }, 'school')).status).toBe(404);
  });
});

describe('is not there for', () => {
  const all = [
    'schools',
    ...['kitchen-count', 'kitchen-count.csv', 'kitchen-count.html', 'day'].map((one) => `${one}?${query(TODAY)}`),
  ];

  test('a guardian, whatever is asked', async () => {
    const answers = await Promise.all(
      [...all, 'day?day=x', 'nothing'].map((path) => ask(`/office/${path}`, 'guardian')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    expect(new Set(await Promise.all(answers.map((one) => one.text()))).size).toBe(1);
  });

  test('a school, where there are names', async () => {
    expect((await ask(`/office/day?${query(TODAY)}`, 'school')).status).toBe(404);
  });

  test('the office of another municipality, or of a school that there is not', async () => {
    const elsewhere = KitchenAnswer.parse(
      await (await ask(`/office/kitchen-count?${query(TODAY)}`, 'office', {}, 2)).json(),
    );
    expect(elsewhere).toMatchObject({ isServed: false, total: 0 });
    for (const nobodys of [pupilId(1), 'ABCDEF00-0000-4000-8000-000000000001']) {
      expect((await ask(`/office/kitchen-count?${query(TODAY, nobodys)}`)).status).toBe(404);
    }
  });
});

test.each(['schoolId=x&day=2026-01-01', `schoolId=${SCHOOLS[0]}&day=31/12/2026`, `schoolId=${SCHOOLS[0]}`])(
  '%s is malformed',
  async (wrong) => {
    expect((await ask(`/office/kitchen-count?${wrong}`)).status).toBe(422);
  },
);

describe('the office is told what is wrong with', () => {
  const refused = (call: Promise<unknown>) => expect(call).rejects.toMatchObject({ code: 3 });
  const deadline = { deadlineMs: 5_000 };
  const closed = { serviceDate: CLOSED, kind: 'strike', reason: 'Sciopero', className: '' };

  test.each([
    ['an unknown kind', { ...closed, kind: 'party' }],
    ['a closed day without a reason', { ...closed, reason: ' ' }],
    ['a day that is none', { ...closed, serviceDate: '2026-02-30' }],
  ])('a closed day: %s', async (_what, day) => {
    await refused(callUnary(attendance.office, 'putClosedDays', { ...PLACE, days: [day] }, deadline));
  });

  test.each([
    ['an unknown course', dish('starter', 'Pasta', [])],
    ['a dish without a name', dish('first', ' ', [])],
    ['an unknown allergen', dish('first', 'Pasta', ['love'])],
    ['a diet that is no code', dish('first', 'Pasta', [], 'senza glutine')],
  ])('a menu: %s', async (_what, course) => {
    const menus = [{ serviceDate: TODAY, text: '', courses: [course] }];
    await refused(callUnary(attendance.office, 'putMenus', { ...PLACE, menus }, deadline));
  });

  test.each([
    ['a beginning that is no Monday', { startsOn: addDays(MONDAY, 1), weeks: 1, days: [] }],
    ['no weeks', { startsOn: MONDAY, weeks: 0, days: [] }],
    ['a day beyond its weeks', { startsOn: MONDAY, weeks: 1, days: [{ week: 2, weekday: 1, courses: [] }] }],
    ['an eighth weekday', { startsOn: MONDAY, weeks: 1, days: [{ week: 1, weekday: 8, courses: [] }] }],
  ])('a rotation: %s', async (_what, rotation) => {
    await refused(callUnary(attendance.office, 'putMenuRotation', { ...PLACE, ...rotation }, deadline));
  });
});
