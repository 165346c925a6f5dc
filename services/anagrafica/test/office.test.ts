import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { callUnary } from '@campanella/service-kit';
import { id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ReadsAnswer } from '../src/http/describe.ts';
import {
  DietHistoryAnswer,
  EditsAnswer,
  HouseholdAnswer,
  HouseholdsAnswer,
  OfficePupilAnswer,
  OfficePupilsAnswer,
} from '../src/http/office-description.ts';
import {
  CLASS,
  codiceFiscale,
  frame,
  GUARDIAN,
  pupil,
  type RunningAnagrafica,
  runAnagrafica,
  uuid,
} from './running-anagrafica.ts';

const COMMAND = fileURLToPath(new URL('../src/office.ts', import.meta.url));
let anagrafica: RunningAnagrafica;

beforeAll(async () => {
  anagrafica = await runAnagrafica();
  for (const municipalityId of [1, 2]) {
    for (const request of [frame(municipalityId), ...[1, 2, 3, 4, 5].map((number) => pupil(municipalityId, number))]) {
      await callUnary(anagrafica.registry, 'put', request, { deadlineMs: 10_000 });
    }
  }
}, 60_000);

afterAll(async () => {
  await anagrafica?.close();
}, 30_000);

type Role = 'guardian' | 'office' | 'school';

async function ask(path: string, init: RequestInit = {}, role: Role = 'office', municipalityId = 1): Promise<Response> {
  const token = await anagrafica.identity.tokenFor({
    municipalityId: numberId<MunicipalityId>(municipalityId),
    role,
    pupilIds: role === 'guardian' ? [id<PupilId>(uuid(1_001))] : [],
  });
  return fetch(`${anagrafica.httpUrl}/api/anagrafica/office${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
}

const put = (records: object) => ask('/records', { method: 'PUT', body: JSON.stringify(records) });
const replace = (body: object) => ask('/badge-replacements', { method: 'POST', body: JSON.stringify(body) });
const editsOf = async (recordId: string) =>
  EditsAnswer.parse(await (await ask(`/edits?recordId=${recordId}`)).json()).edits;

const record = (number: number, changes: object = {}) => ({
  pupilId: uuid(1_000 + number),
  givenName: 'Nuvola',
  familyName: 'Segnaposto',
  codiceFiscale: codiceFiscale(1_000 + number),
  classId: CLASS,
  ...changes,
});

test('an edit is stored and leaves a line with who, which record and what changed, without values', async () => {
  const answer = await put({ pupils: [record(1, { givenName: 'Brezza', dietCode: 'GF' })] });
  expect([answer.status, await answer.json()]).toEqual([200, { changedCount: 1 }]);
  const edits = await editsOf(uuid(1_001));
  expect(edits).toMatchObject([
    { source: 'office', recordKind: 'diets', isNew: false, fields: ['diets'] },
    { source: 'office', recordKind: 'pupils', isNew: false, fields: ['givenName'] },
  ]);
  expect(JSON.stringify(edits)).not.toMatch(/Brezza|GF/);
  const shown = OfficePupilAnswer.parse(await (await ask(`/pupils/${uuid(1_001)}`)).json());
  expect(shown).toMatchObject({ displayName: 'Brezza Segnaposto', dietCode: 'GF' });
});

describe('a diet', () => {
  const health = {
    ...{ dietCode: 'GF', kind: 'health', reference: 'prot. 4711/2026' },
    ...{ validFrom: '2026-09-01', validUntil: '2027-08-31' },
  };
  const record = (...diets: readonly object[]) => put({ diets: [{ pupilId: uuid(1_004), diets }] });
  const history = async (query = '') =>
    DietHistoryAnswer.parse(await (await ask(`/pupils/${uuid(1_004)}/diets${query}`)).json());

  test('is recorded with its kind, certificate and days; each change is kept beside what was before', async () => {
    expect(await (await record(health)).json()).toEqual({ changedCount: 1 });
    expect(await (await record(health)).json()).toEqual({ changedCount: 0 });
    const ethical = { ...health, dietCode: 'NP', kind: 'ethical', reference: 'dich. 12', validFrom: '2027-01-01' };
    await record({ ...ethical, validUntil: '2027-01-31' });
    const shown = OfficePupilAnswer.parse(await (await ask(`/pupils/${uuid(1_004)}`)).json());
    expect(
      shown.diets.map(({ dietCode, kind, validFrom, validUntil }) => [dietCode, kind, validFrom, validUntil]),
    ).toEqual([
      ['GF', 'health', '2026-09-01', '2026-12-31'],
      ['NP', 'ethical', '2027-01-01', '2027-01-31'],
      ['GF', 'health', '2027-02-01', '2027-08-31'],
    ]);
    const newest = await history('?limit=1');
    expect(newest.versions).toMatchObject([{ diets: [{ dietCode: 'NP', reference: 'dich. 12' }] }]);
    const rest = await history(`?cursor=${newest.nextCursor}`);
    expect(rest).toMatchObject({ versions: [{ diets: [health] }], nextCursor: null });
    expect(await editsOf(uuid(1_004))).toMatchObject([
      { recordKind: 'diets', fields: ['diets'] },
      { recordKind: 'diets', fields: ['diets'] },
    ]);
  });

  test('reaches the directory as codes and days; kind and certificate reach neither it nor any log', async () => {
    const page = await callUnary(
      anagrafica.directory,
      'listChanges',
      { municipalityId: 1, afterVersion: 0, pageSize: 100 },
      { deadlineMs: 5_000 },
    );
    const pupil = page.pupils.find(({ pupilId }) => pupilId === uuid(1_004));
    expect(pupil?.diets).toEqual([
      { dietCode: 'GF', validFrom: '2026-09-01', validUntil: '2026-12-31' },
      { dietCode: 'NP', validFrom: '2027-01-01', validUntil: '2027-01-31' },
      { dietCode: 'GF', validFrom: '2027-02-01', validUntil: '2027-08-31' },
    ]);
    expect(JSON.stringify(page)).not.toMatch(/4711|health|ethical/);
    expect(anagrafica.output()).not.toMatch(/4711|"GF"|"NP"/);
  });

  test('that cannot be recorded is told in Italian', async () => {
    const answer = await record({ ...health, reference: '' });
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      {
        fields: {
          'diets.0.diets.0.reference':
            'per una dieta di salute serve il riferimento del certificato, per una etica quello della dichiarazione',
        },
      },
    ]);
  });
});

test('the same edit again changes nothing and leaves no line', async () => {
  await put({ pupils: [record(2, { givenName: 'Rugiada' })] });
  const before = await editsOf(uuid(1_002));
  expect(await (await put({ pupils: [record(2, { givenName: 'Rugiada' })] })).json()).toEqual({ changedCount: 0 });
  expect(await editsOf(uuid(1_002))).toEqual(before);
});

test('what cannot be stored is told field by field in Italian; nothing of it is stored and no line is left', async () => {
  const answer = await put({
    pupils: [record(3, { givenName: 'Grandine' }), record(4, { codiceFiscale: 'SBAGLIATO', classId: uuid(777) })],
  });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    kind: 'records_refused',
    fields: { 'pupils.1.codice_fiscale': 'codice fiscale errato: controllare i 16 caratteri' },
  });
  expect(await editsOf(uuid(1_003))).toEqual([]);
  expect(await (await ask(`/pupils/${uuid(1_003)}`)).json()).toMatchObject({ displayName: 'Nuvola Segnaposto' });
});

test('a lost badge is replaced in one step, also when the answer was lost', async () => {
  const replacement = { lostNumber: '0A00000005', badgeId: uuid(3_500), badgeNumber: '0A00009999' };
  expect(await (await replace(replacement)).json()).toEqual({ changedCount: 2 });
  expect(await (await replace(replacement)).json()).toEqual({ changedCount: 0 });
  const shown = OfficePupilAnswer.parse(await (await ask(`/pupils/${uuid(1_005)}`)).json());
  expect(shown.badges.map(({ badgeNumber, status }) => `${badgeNumber} ${status}`).sort()).toEqual([
    '0A00000005 blocked',
    '0A00009999 active',
  ]);
  const unknown = await replace({
    ...replacement,
    badgeId: uuid(3_501),
    lostNumber: '0A12345678',
    badgeNumber: '0A00009998',
  });
  expect([unknown.status, ((await unknown.json()) as { kind: string }).kind]).toEqual([404, 'unknown_badge']);
  const held = await replace({ lostNumber: '0A00000004', badgeId: uuid(3_502), badgeNumber: '0A00009999' });
  expect(held.status).toBe(422);
});

describe('pupils are found by', () => {
  const namesOf = async (query: string) =>
    OfficePupilsAnswer.parse(await (await ask(`/pupils?${query}`)).json()).pupils.map(({ pupilId }) => pupilId);

  test.each<[string, string, readonly number[]]>([
    ['the beginning of the family name', 'name=segna', [1, 2, 3, 4, 5]],
    ['family name and the beginning of the given name', 'name=Segnaposto%20Brez', [1]],
    ['codice fiscale in any case', `codiceFiscale=${codiceFiscale(1_003).toLowerCase()}`, [3]],
    ['badge', 'badgeNumber=0a00000002', [2]],
    ['all of them at once', `name=segnaposto&badgeNumber=0A00000002&codiceFiscale=${codiceFiscale(1_002)}`, [2]],
    ['what fits nobody', 'name=segna%25x', []],
    ['a sign that is a wildcard elsewhere', 'name=%25', []],
  ])('%s', async (_what, query, numbers) => {
    expect((await namesOf(query)).sort()).toEqual(numbers.map((number) => uuid(1_000 + number)));
  });

  test('pages that hold everybody once, in the order of their names', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = new URLSearchParams({ limit: '2', ...(cursor === '' ? {} : { cursor }) });
      const page = OfficePupilsAnswer.parse(await (await ask(`/pupils?${query}`)).json());
      seen.push(...page.pupils.map(({ familyName, givenName }) => `${familyName} ${givenName}`));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(5);
    expect(seen).toEqual(seen.toSorted());
  });
});

const NUL_CURSOR = Buffer.from(`\0\nNuvola\n${uuid(1_001)}`).toString('base64url');

test.each([
  ...['/pupils?limit=0', '/pupils?limit=1000', '/pupils?cursor=eA', '/edits?cursor=x'],
  `/pupils?cursor=${NUL_CURSOR}`,
])('%s is malformed', async (path) => {
  expect((await ask(path)).status).toBe(422);
});

test.each<[string, object]>([
  ['an unknown list', { teachers: [] }],
  ['an unknown field', { pupils: [record(1, { nickname: 'x' })] }],
  ['a missing field', { pupils: [{ pupilId: uuid(1_001) }] }],
])('%s is malformed', async (_what, body) => {
  const answer = await put(body);
  expect([answer.status, ((await answer.json()) as { kind: string }).kind]).toEqual([422, 'malformed']);
});

test('a household is found by its name, shown with who is in it, and told in the access log of its pupils', async () => {
  const household = {
    ...{ householdId: uuid(6_001), name: 'Famiglia di prova 12' },
    ...{ pupilIds: [uuid(1_002), uuid(1_003)], guardianIds: [GUARDIAN] },
  };
  expect(await (await put({ households: [household] })).json()).toEqual({ changedCount: 1 });
  expect(await (await put({ households: [household] })).json()).toEqual({ changedCount: 0 });
  expect(await editsOf(uuid(6_001))).toMatchObject([{ recordKind: 'households', isNew: true }]);
  const other = { ...household, householdId: uuid(6_002), name: 'Famiglia di prova 13', pupilIds: [] };
  await put({ households: [other] });
  const first = HouseholdsAnswer.parse(await (await ask('/households?name=FAMIGLIA%20di&limit=1')).json());
  expect(first.households).toEqual([{ householdId: uuid(6_001), name: 'Famiglia di prova 12' }]);
  const rest = HouseholdsAnswer.parse(await (await ask(`/households?cursor=${first.nextCursor}`)).json());
  expect(rest).toEqual({ households: [{ householdId: uuid(6_002), name: 'Famiglia di prova 13' }], nextCursor: null });
  const certification = {
    ...{ iseeCents: 840_000, reference: 'INPS-ISEE-2', validFrom: '2026-09-01', validUntil: '2027-08-31' },
  };
  await put({ isee: [{ householdId: uuid(6_001), certifications: [certification] }] });
  expect(await editsOf(uuid(6_001))).toMatchObject([{ recordKind: 'isee', fields: ['certifications'] }, {}]);
  const shown = HouseholdAnswer.parse(await (await ask(`/households/${uuid(6_001)}`)).json());
  expect(shown.certifications).toEqual([certification]);
  expect(shown.guardians).toEqual([{ guardianId: GUARDIAN, displayName: 'Zefiro Prova' }]);
  expect(shown.pupils.map(({ pupilId }) => pupilId).sort()).toEqual([uuid(1_002), uuid(1_003)]);
  expect(OfficePupilAnswer.parse(await (await ask(`/pupils/${uuid(1_002)}`)).json()).household).toEqual({
    ...{ householdId: uuid(6_001), name: 'Famiglia di prova 12' },
  });
});

describe('is not there for', () => {
  const paths = [
    '/pupils',
    `/pupils/${uuid(1_001)}`,
    `/pupils/${uuid(1_001)}/diets`,
    '/households',
    '/edits',
    '/nothing',
  ];
  test.each<Role>(['guardian', 'school'])('a %s, byte for byte', async (role) => {
    const answers = await Promise.all([
      ...paths.map((path) => ask(path, {}, role)),
      ask('/records', { method: 'PUT', body: '{}' }, role),
      ask('/badge-replacements', { method: 'POST', body: '{}' }, role),
    ]);
    const seen = await Promise.all(answers.map(async (answer) => `${answer.status} ${await answer.text()}`));
    expect(new Set(seen.map((one) => one.replaceAll(/"instance":"[^"]*",?/g, ''))).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
  });

  test('the office of another municipality', async () => {
    const own = OfficePupilAnswer.parse(await (await ask(`/pupils/${uuid(1_002)}`, {}, 'office', 2)).json());
    expect(own.displayName).toBe('Nuvola Segnaposto');
    expect((await ask(`/pupils/${uuid(1_002)}`, {}, 'office', 3)).status).toBe(404);
    expect(EditsAnswer.parse(await (await ask('/edits', {}, 'office', 2)).json()).edits).toEqual([]);
  });
});

test("the office's look at a record is in the log that the guardian sees", async () => {
  await ask(`/pupils/${uuid(1_001)}`);
  const token = await anagrafica.identity.tokenFor({
    municipalityId: numberId<MunicipalityId>(1),
    role: 'guardian',
    pupilIds: [id<PupilId>(uuid(1_001))],
  });
  const answer = await fetch(`${anagrafica.httpUrl}/api/anagrafica/pupils/${uuid(1_001)}/reads`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { reads } = ReadsAnswer.parse(await answer.json());
  expect(reads.map(({ reader, what }) => `${reader} ${what}`)).toContain('office record');
});

const run = (...words: string[]) =>
  promisify(execFile)(process.execPath, ['--no-warnings', COMMAND, ...words, '--municipality', '1', '--as', 'prova'], {
    env: { ...process.env, ...anagrafica.commandEnvironment },
  });

test('the command line does the same under the name it is given', async () => {
  const found = await run('find', '--badge', '0A00000003');
  expect(JSON.parse(found.stdout)).toMatchObject({ pupilId: uuid(1_003) });
  expect((await run('replace-badge', '--badge', '0A00000003', '--with', '0A00008888')).stdout).toContain('0A00008888');
  await expect(run('replace-badge', '--badge', '0A00000003', '--with', '0A00008887')).rejects.toMatchObject({
    code: 1,
  });
  await expect(run('show', '--pupil', 'x')).rejects.toMatchObject({ code: 2 });
  const edits = (await run('edits')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(edits[0]).toMatchObject({ editor: { name: 'prova', source: 'command' }, recordKind: 'badges' });
}, 60_000);

test('the command line records a diet and tells its history, which leaves a line for the guardian to see', async () => {
  const diet = ['--diet', 'gf', '--diet-kind', 'health', '--reference', 'prot. 1', '--from', '2026-09-01'];
  expect((await run('record-diet', '--pupil', uuid(1_003), ...diet)).stdout).toBe('{"changedCount":1}\n');
  await expect(run('record-diet', '--pupil', uuid(1_003), ...diet.slice(0, 4), ...diet.slice(6))).rejects.toMatchObject(
    {
      stderr: expect.stringContaining('serve il riferimento del certificato'),
    },
  );
  expect(JSON.parse((await run('diets', '--pupil', uuid(1_003))).stdout)).toMatchObject({
    recordedBy: { name: 'prova', source: 'command' },
    diets: [{ dietCode: 'GF', reference: 'prot. 1' }],
  });
  const token = await anagrafica.identity.tokenFor({
    ...{ municipalityId: numberId<MunicipalityId>(1), role: 'guardian' },
    pupilIds: [id<PupilId>(uuid(1_003))],
  });
  const seen = await fetch(`${anagrafica.httpUrl}/api/anagrafica/pupils/${uuid(1_003)}/reads`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(ReadsAnswer.parse(await seen.json()).reads).toContainEqual(
    expect.objectContaining({ reader: 'office', what: 'record' }),
  );
}, 60_000);
