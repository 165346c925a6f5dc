import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, migrate, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { type MunicipalityId, numberId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NO_RECORDS } from '../src/app/office.ts';
import { putRecords } from '../src/app/put-records.ts';
import { directoryReads } from '../src/store/directory-reads.ts';
import { officeReads } from '../src/store/office-reads.ts';
import { registryStore } from '../src/store/registry-store.ts';
import { resealDiets } from '../src/store/reseal-diets.ts';
import { codiceFiscale, uuid } from './running-anagrafica.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
const MUNICIPALITY = numberId<MunicipalityId>(1);
const [COELIAC, OTHER, THIRD] = [uuid(1_001), uuid(1_002), uuid(1_003)];
const NOW = new Date('2026-11-10T09:00:00Z');
const TODAY = serviceDateAt(NOW);
const cipher = openFieldCipher(randomBytes(32).toString('base64'));
const logger = createLogger({ service: 'test', level: 'error' });

let privately: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;
let older: string;

/** A pupil's diet as the release before this one sealed it. */
const sealedBefore = (pupilId: string, code: string) =>
  cipher.encrypt(code.padEnd(20), `pupils.diet_sealed/1/${pupilId}`);

// The schema of the release before this one, with people in it.
beforeAll(async () => {
  older = await mkdtemp(join(tmpdir(), 'campanella-migrations-'));
  const names = await readdir(MIGRATIONS);
  for (const name of names.filter((one) => /^\d/.test(one) && one < '000007')) {
    await copyFile(join(MIGRATIONS, name), join(older, name));
  }
  privately = await privateDatabase({ migrations: older });
  database = openDatabase({ url: privately.url, applicationName: 'test' }, logger);
  await database.start();
  const run = (text: string, ...values: unknown[]) => database.query({ text, values });
  await run(`insert into municipalities (municipality_id, name, website_url, office_contact)
             values (1, 'Prova', 'https://www.comune.prova.example/', 'ufficio@comune.prova.example')`);
  await run(`insert into schools values (1, $1, 'Il Girasole')`, uuid(1));
  await run(`insert into school_years values (1, $1, '2026/2027', '2026-09-01', '2027-08-31')`, uuid(2));
  await run(`insert into classes values (1, $1, $2, $3, '1A')`, uuid(3), uuid(1), uuid(2));
  const people = [
    [COELIAC, 'GF'],
    [OTHER, ''],
    [THIRD, 'LF'],
  ] as const;
  for (const [index, [pupilId, code]] of people.entries()) {
    await run(
      `insert into pupils (municipality_id, pupil_id, given_name, family_name, codice_fiscale, class_id, diet_sealed, closed, directory_version)
       values (1, $1, 'Nuvola', 'Segnaposto', $2, $3, $4, false, $5)`,
      ...[pupilId, codiceFiscale(1_001 + index), uuid(3), sealedBefore(pupilId, code), index + 1],
    );
  }
  await run('update municipalities set directory_version = 3');
  await migrate({ url: privately.url, folder: MIGRATIONS, logger });
}, 60_000);

afterAll(async () => {
  await database?.stop();
  await privately?.close();
  await rm(older, { recursive: true });
});

const deps = () => ({
  store: registryStore(cipher),
  clock: { now: () => NOW },
  transaction: database.transaction.bind(database),
  announceDirectory: async () => undefined,
});
const dietsInDirectory = async () => {
  const page = await directoryReads(database, cipher).listChanges(MUNICIPALITY, 0, 10);
  return new Map(page?.pupils.map(({ pupilId, diets }) => [String(pupilId), diets]));
};
const sealedColumns = async () =>
  (
    await database.query<{ pupil_id: string; diet_sealed: string; diets_sealed: string | null }>({
      text: 'select pupil_id, diet_sealed, diets_sealed from pupils order by pupil_id',
      values: [],
    })
  ).rows;

test('a diet of the release before is one from always, and who has one is no easier to see afterwards', async () => {
  const before = await dietsInDirectory();
  expect(before.get(COELIAC)).toEqual([{ dietCode: 'GF', validity: { from: '2000-01-01', until: null } }]);
  expect(before.get(OTHER)).toEqual([]);
  expect(await resealDiets(database, cipher, 'without versions', TODAY, () => undefined)).toEqual({
    ...{ read: 3, resealed: 3 },
  });
  expect(await resealDiets(database, cipher, 'without versions', TODAY, () => undefined)).toEqual({
    ...{ read: 0, resealed: 0 },
  });
  expect(await dietsInDirectory()).toEqual(before);
  const rows = await sealedColumns();
  expect(new Set(rows.map((row) => `${row.diet_sealed.length} ${row.diets_sealed?.length}`)).size).toBe(1);
});

test('a recording is laid over it, under the name of who made it; many of them take no more room than none', async () => {
  const record = (validFrom: string, reference: string) =>
    putRecords(
      deps(),
      MUNICIPALITY,
      {
        ...NO_RECORDS,
        diets: [
          { pupilId: COELIAC, diets: [{ dietCode: 'GF', kind: 'health', reference, validFrom, validUntil: '' }] },
        ],
      },
      { name: uuid(77), source: 'office' },
    );
  for (let year = 2026; year < 2036; year += 1) {
    expect(await record(`${year}-09-01`, `protocollo ${year}/${year * 7}`)).toMatchObject({ ok: true });
  }
  const office = officeReads(database, cipher);
  const versions = await office.listDietVersions(MUNICIPALITY, COELIAC as never);
  expect(versions).toHaveLength(11);
  expect(versions?.[0]).toMatchObject({ recordedAt: null, diets: [{ dietCode: 'GF', kind: 'unspecified' }] });
  expect(versions?.[10]).toMatchObject({ recordedAt: NOW, recordedBy: { name: uuid(77), source: 'office' } });
  expect((await dietsInDirectory()).get(COELIAC)).toEqual([
    { dietCode: 'GF', validity: { from: '2000-01-01', until: null } },
  ]);
  const rows = await sealedColumns();
  expect(new Set(rows.map((row) => row.diets_sealed?.length)).size).toBe(1);
});

test('what a replica of the release before still writes is neither lost nor does it lose what was recorded', async () => {
  await database.query({
    text: 'update pupils set diet_sealed = $2 where municipality_id = 1 and pupil_id = $1',
    values: [THIRD, sealedBefore(THIRD, 'GF')],
  });
  expect((await dietsInDirectory()).get(THIRD)).toEqual([
    { dietCode: 'GF', validity: { from: '2000-01-01', until: null } },
  ]);
  const versions = await officeReads(database, cipher).listDietVersions(MUNICIPALITY, THIRD as never);
  expect(versions?.map(({ diets }) => diets.map(({ dietCode }) => dietCode))).toEqual([['LF'], ['GF']]);
});

test('sealed diets moved to another pupil open no more', async () => {
  await database.query({
    text: `update pupils set diets_sealed = (select diets_sealed from pupils where pupil_id = $1) where pupil_id = $2`,
    values: [COELIAC, OTHER],
  });
  await expect(dietsInDirectory()).rejects.toMatchObject({ kind: 'not_authentic' });
});
