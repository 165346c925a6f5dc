import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '@campanella/postgres';
import { createHttpApp, createLogger, finishHttpApp, requireIdentity } from '@campanella/service-kit';
import { privateDatabase, type TestIdentity, testIdentity } from '@campanella/testkit';
import { id, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { v4 as uuidv4 } from 'uuid';
import { communicateAbsence, readAbsenceNotice } from '../src/app/communicate-absence.ts';
import { absenceRoutes } from '../src/http/absences-api.ts';
import { AbsenceAnswer } from '../src/http/describe.ts';
import { absenceList, absenceStore } from '../src/store/absence-store.ts';

const SCHOOL = uuidv4();
const PUPIL = uuidv4();
const STRANGER = uuidv4();
const CALENDAR = [
  // Around the night in which the clocks go forward, 28 March 2027, whose Sunday has a meal here; the Tuesday has none.
  ...['2027-03-24', '2027-03-25', '2027-03-26', '2027-03-28', '2027-03-29', '2027-03-31', '2027-04-01'],
  // Around the night in which they go back, 31 October 2027.
  ...['2027-10-28', '2027-10-29', '2027-10-31', '2027-11-02', '2027-11-03'],
];

let privately: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;
let identity: TestIdentity;
let server: ReturnType<ReturnType<typeof createHttpApp>['listen']>;
let now = new Date(0);

beforeAll(async () => {
  privately = await privateDatabase({ migrations: fileURLToPath(new URL('../migrations', import.meta.url)) });
  identity = await testIdentity();
  const logger = createLogger({ service: 'absence-input-test', level: 'silent' });
  database = openDatabase({ url: privately.url, applicationName: 'absence-input-test' }, logger);
  await database.start();
  const enrolments = JSON.stringify([{ service: 'school_meals', validity: { from: '2020-09-01', until: null } }]);
  await database.query({
    text: `insert into directory_pupils (municipality_id, pupil_id, version, removed, display_name, school_id, class_name, diet_sealed,
             badges, enrolments) select 1, pupil, 1, false, 'Nembo', $2, '3B', '', '[]', $3::jsonb from unnest($1::uuid[]) pupil`,
    values: [[PUPIL, STRANGER], SCHOOL, enrolments],
  });
  await database.query({
    text: `insert into service_days (municipality_id, school_id, service, service_date)
           select 1, $1, 'school_meals', day from unnest($2::date[]) day`,
    values: [SCHOOL, CALENDAR],
  });
  const clock = { now: () => now };
  const deps = { transaction: database.transaction.bind(database), store: absenceStore, clock };
  const app = createHttpApp({ logger, service: 'attendance' });
  app.use(requireIdentity({ jwksUrl: identity.jwksUrl }));
  absenceRoutes(app, {
    absences: {
      communicate: (command) => communicateAbsence(deps, command),
      readNotice: (who) => readAbsenceNotice(deps, who),
    },
    absenceList: absenceList(database),
    clock,
  });
  finishHttpApp(app);
  server = app.listen(0, '127.0.0.1');
}, 60_000);

afterAll(async () => {
  server?.close();
  await database?.stop();
  await identity?.close();
  await privately?.close();
});

beforeEach(async () => {
  await database.query({ text: 'delete from absences' });
  await rules(0);
});

/** Half past nine, so many service days before. */
async function rules(serviceDaysBefore: number): Promise<void> {
  await database.query({
    text: `insert into absence_rules (municipality_id, school_id, service, service_days_before, cut_off_time, types)
           values (1, $1, 'school_meals', $2, '09:30', '[{"code":"absent","label":"ASSENTE","dietCode":null}]')
           on conflict (municipality_id, school_id, service) do update set service_days_before = excluded.service_days_before`,
    values: [SCHOOL, serviceDaysBefore],
  });
}

async function communicate(at: string, from: string, to = from, pupil = PUPIL): Promise<Response> {
  now = new Date(at);
  const token = await identity.tokenFor({ pupilIds: [id<PupilId>(PUPIL)] });
  const { port } = server.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}/api/attendance/pupils/${pupil}/absences`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ requestId: uuidv4(), service: 'school_meals', from, to, type: 'absent' }),
  });
}

/** Outcome and cut-off of each day, as the portal says them in its sentences. */
async function outcomes(response: Response): Promise<readonly (string | null)[][]> {
  const { days } = AbsenceAnswer.parse(await response.json());
  return days.map(({ outcome, cutOffAt }) => [outcome, cutOffAt]);
}

async function absenceCount(): Promise<number> {
  const { rows } = await database.query<{ count: number }>({ text: 'select count(*) as count from absences' });
  return rows[0]?.count ?? -1;
}

describe('nothing is taken, and the answer says what to do,', () => {
  const NOW = '2027-03-24T06:00:00Z';
  test.each<[string, string, string, number, string]>([
    [
      'of the past',
      '2027-03-22',
      '2027-03-23',
      422,
      'Le date sono già passate: per correggere un giorno passato rivolgersi al proprio Comune',
    ],
    [
      'of an inverted range',
      '2027-03-26',
      '2027-03-25',
      422,
      'La data iniziale è successiva alla data finale: correggere il periodo',
    ],
    [
      'of twenty months',
      '2027-03-24',
      '2028-11-24',
      422,
      'Il periodo è troppo lungo: comunicare al massimo 62 giorni per volta, o rivolgersi al proprio Comune per sospendere il servizio',
    ],
    [
      'of a range that ends in the year 9999',
      '2027-03-24',
      '9999-12-31',
      422,
      'Il periodo è troppo lungo: comunicare al massimo 62 giorni per volta, o rivolgersi al proprio Comune per sospendere il servizio',
    ],
    [
      'of the year 0001',
      '0001-01-01',
      '2027-03-24',
      422,
      'La comunicazione non è valida: controllare date e tipologia',
    ],
  ])('%s', async (_what, from, to, status, sentence) => {
    const response = await communicate(NOW, from, to);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ title: expect.stringContaining(sentence) });
    expect(await absenceCount()).toBe(0);
  });

  test("for somebody else's child, in the bytes of a child that there is not", async () => {
    const [other, nobody] = [
      await communicate(NOW, '2027-03-25', '2027-03-25', STRANGER),
      await communicate(NOW, '2027-03-25', '2027-03-25', uuidv4()),
    ];
    expect([other.status, nobody.status]).toEqual([404, 404]);
    expect(await other.text()).toBe(await nobody.text());
    expect(await absenceCount()).toBe(0);
  });

  test('of a closed day, which the day says, while its neighbours are taken', async () => {
    expect(await outcomes(await communicate(NOW, '2027-03-29', '2027-03-31'))).toEqual([
      ['accepted', '2027-03-29T07:30:00.000Z'],
      ['closed', null],
      ['accepted', '2027-03-31T07:30:00.000Z'],
    ]);
  });

  test('twice, which the day says', async () => {
    await communicate(NOW, '2027-03-25');
    expect(await outcomes(await communicate(NOW, '2027-03-25'))).toEqual([
      ['already_absent', '2027-03-25T08:30:00.000Z'],
    ]);
    expect(await absenceCount()).toBe(1);
  });
});

/** Each cut-off is half past nine in Rome: 08:30 in winter, 07:30 in summer. */
describe('one second before the cut-off is in time, and the cut-off itself and one second after are too late', () => {
  test.each<[string, number, string, string]>([
    ['in winter', 0, '2027-03-25', '2027-03-25T08:30:00Z'],
    ['on the Sunday on which the clocks go forward', 0, '2027-03-28', '2027-03-28T07:30:00Z'],
    ['on the Monday after it', 0, '2027-03-29', '2027-03-29T07:30:00Z'],
    ['for that Monday, on that Sunday', 1, '2027-03-29', '2027-03-28T07:30:00Z'],
    ['for that Sunday, on the Friday in winter', 1, '2027-03-28', '2027-03-26T08:30:00Z'],
    ['three service days before a Wednesday in summer, in winter', 3, '2027-03-31', '2027-03-26T08:30:00Z'],
    ['on the Sunday on which the clocks go back', 0, '2027-10-31', '2027-10-31T08:30:00Z'],
    ['on the first day with a meal after it', 0, '2027-11-02', '2027-11-02T08:30:00Z'],
    ['for that day, on that Sunday', 1, '2027-11-02', '2027-10-31T08:30:00Z'],
    ['for that Sunday, on the Friday in summer', 1, '2027-10-31', '2027-10-29T07:30:00Z'],
    ['three service days before a Wednesday in winter, in summer', 3, '2027-11-03', '2027-10-29T07:30:00Z'],
  ])('%s', async (_when, serviceDaysBefore, day, cutOff) => {
    await rules(serviceDaysBefore);
    const second = (seconds: number) => new Date(Date.parse(cutOff) + seconds * 1_000).toISOString();
    for (const late of [0, 1]) {
      expect(await outcomes(await communicate(second(late), day))).toEqual([['cut_off_passed', second(0)]]);
    }
    expect(await absenceCount()).toBe(0);
    expect(await outcomes(await communicate(second(-1), day))).toEqual([['accepted', second(0)]]);
    expect(await absenceCount()).toBe(1);
  });
});
