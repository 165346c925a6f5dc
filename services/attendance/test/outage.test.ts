import { callUnary } from '@campanella/service-kit';
import { addDays, id, type MunicipalityId, numberId, type PupilId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AbsenceAnswer, NoticeAnswer } from '../src/http/describe.ts';
import { type RunningAttendance, runAttendance } from './running-attendance.ts';
import { pupilId, SCHOOLS } from './town.ts';

const NOW = new Date();
const TODAY = serviceDateAt(NOW);
/** The minute that has just begun, on the wall in Rome: whatever the time is now, its cut-off has passed. */
const CUT_OFF = new Intl.DateTimeFormat('it-IT', {
  timeZone: 'Europe/Rome',
  hour: '2-digit',
  minute: '2-digit',
}).format(NOW);
const PLACE = { municipalityId: 1, schoolId: SCHOOLS[0], service: 'school_meals' };
const deadline = { deadlineMs: 5_000 };

let attendance: RunningAttendance;

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 1 });
  const days = { from: TODAY, until: addDays(TODAY, 1), serviceDates: [TODAY, addDays(TODAY, 1)] };
  await callUnary(attendance.office, 'putServiceDays', { ...PLACE, ...days }, deadline);
  const types = [{ code: 'absent', label: 'ASSENTE' }];
  const rules = { ...PLACE, serviceDaysBefore: 0, cutOffTime: CUT_OFF, types, late: undefined };
  await callUnary(attendance.office, 'putAbsenceRules', rules, deadline);
}, 90_000);

afterAll(async () => {
  await attendance?.close();
}, 30_000);

async function ask(number: number, path: string, init: RequestInit = {}): Promise<unknown> {
  const pupil = id<PupilId>(pupilId(number));
  const token = await attendance.identity.tokenFor({ municipalityId: numberId<MunicipalityId>(1), pupilIds: [pupil] });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const url = `${attendance.replicas.at(-1)?.httpUrl}/api/attendance/pupils/${pupil}/${path}`;
  return (await fetch(url, { ...init, headers })).json();
}

const notice = async () => NoticeAnswer.parse(await ask(10, 'absence-notice?service=school_meals'));
async function communicate(number: number): Promise<string | undefined> {
  const body = { requestId: crypto.randomUUID(), service: 'school_meals', from: TODAY, to: TODAY, type: 'absent' };
  const answer = AbsenceAnswer.parse(await ask(number, 'absences', { method: 'POST', body: JSON.stringify(body) }));
  return answer.days[0]?.outcome;
}

/** What the table of beats holds after so long an outage that ends now: the last beat, and none since. */
async function wasAway(minutes: number | null): Promise<void> {
  await Promise.all(attendance.replicas.map(({ part }) => part.kill('SIGKILL')));
  await attendance.database.query('delete from availability_beats');
  if (minutes === null) return;
  await attendance.database.query('insert into availability_beats values ($1)', [
    new Date(Date.now() - minutes * 60_000),
  ]);
}

test('an installation that begins knows of no outage', async () => {
  await wasAway(null);
  await attendance.startReplica();
  expect((await notice()).extensions).toEqual([]);
  expect(await communicate(10)).toBe('cut_off_passed');
});

test('a restart that takes minutes moves nothing', async () => {
  await wasAway(5);
  await attendance.startReplica();
  expect((await notice()).extensions).toEqual([]);
});

test('after an outage over the cut-off absences are taken as long again, and everybody reads why, whichever replicas come back', async () => {
  await wasAway(30);
  await Promise.all([attendance.startReplica(), attendance.startReplica()]);
  const { extensions } = await notice();
  expect(extensions).toMatchObject([
    { serviceDate: TODAY, reason: expect.stringMatching(/^il servizio non era raggiungibile dalle .+ alle .+$/) },
  ]);
  const movedByMinutes = (Date.parse(extensions[0]?.cutOffAt ?? '') - Date.now()) / 60_000;
  expect(movedByMinutes).toBeGreaterThan(20);
  expect(movedByMinutes).toBeLessThanOrEqual(31);
  expect(await communicate(10)).toBe('accepted');
});
