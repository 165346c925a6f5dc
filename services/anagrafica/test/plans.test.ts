import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, openDatabase, type Queryable, type Statement } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { id, type MunicipalityId, numberId, type PupilId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { NO_RECORDS } from '../src/app/office.ts';
import { putRecords } from '../src/app/put-records.ts';
import type { RecordsInput } from '../src/domain/parse-records.ts';
import { directoryReads } from '../src/store/directory-reads.ts';
import { officeReads } from '../src/store/office-reads.ts';
import { registryStore } from '../src/store/registry-store.ts';
import { resealDiets } from '../src/store/reseal-diets.ts';
import { CLASS, codiceFiscale, frame, GUARDIAN, pupil, TARIFF, uuid } from './running-anagrafica.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
const MUNICIPALITY = numberId<MunicipalityId>(1);
/** Pupils of the municipality: far more than a page, so that reading them all shows. */
const PUPILS = 3_000;
const cipher = openFieldCipher(randomBytes(32).toString('base64'));

let privately: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;

const put = async (input: RecordsInput, on: Pick<Database, 'transaction'> = database) => {
  const deps = {
    store: registryStore(cipher),
    clock: { now: () => new Date() },
    transaction: on.transaction.bind(on),
    announceDirectory: async () => undefined,
  };
  expect(await putRecords(deps, MUNICIPALITY, input)).toMatchObject({ ok: true });
};
const enrolment = (number: number): RecordsInput['enrolments'][number] => ({
  ...{ enrolmentId: uuid(20_000 + number), pupilId: uuid(10_000 + number), service: 'school_meals' },
  ...{ schoolYearId: uuid(2), guardianId: GUARDIAN, tariffId: TARIFF, paymentMode: 'prepaid', overdraftCents: 0 },
  ...{ validFrom: '2026-09-01', validUntil: '2027-08-31' },
  ...{ reductions: null, invoiceEmail: null, invoiceAddress: null },
});
const household = (number: number): RecordsInput['households'][number] => ({
  ...{ householdId: uuid(30_000 + number), name: `F-${number}`, guardianIds: [GUARDIAN] },
  pupilIds: [uuid(10_000 + number), uuid(10_001 + number)],
});

beforeAll(async () => {
  privately = await privateDatabase({ migrations: MIGRATIONS });
  database = openDatabase(
    { url: privately.url, applicationName: 'test' },
    createLogger({ service: 'test', level: 'error' }),
  );
  await database.start();
  const { municipality, ...town } = frame(1);
  const numbers = Array.from({ length: PUPILS }, (_, index) => index);
  const [one] = pupil(1, 1).pupils;
  if (one === undefined || municipality === undefined) throw new Error('there are both');
  await put({
    ...NO_RECORDS,
    ...town,
    municipality: { ...municipality, lightDietDaysMax: null },
    tariffs: town.tariffs.map((tariff) => ({ ...tariff, bands: null })),
    isee: [],
    pupils: numbers.map((number) => ({
      ...{ pupilId: uuid(10_000 + number), codiceFiscale: codiceFiscale(1_000 + number), classId: CLASS },
      ...{ givenName: 'Nuvola', familyName: 'Segnaposto', dietCode: null, closed: false, birth: null, residence: null },
    })),
    households: numbers.filter((number) => number % 2 === 0).map(household),
    enrolments: numbers.map(enrolment),
  });
  await database.query({ text: 'vacuum analyze', values: [] });
}, 120_000);

afterAll(async () => {
  await database?.stop();
  await privately?.close();
});

/** The tables that grow with the pupils. */
const LARGE = ['pupils', 'enrolments', 'households', 'household_pupils', 'household_guardians'];
const Plan = z.array(z.object({ 'QUERY PLAN': z.unknown() }));

/** The database, where each statement is planned before it runs: large tables that its plan reads from end to end are noted. */
function watched(scans: Set<string>): Pick<Database, 'query' | 'transaction'> {
  const watch = (on: Queryable): Queryable['query'] =>
    async function query<Row>(statement: Statement) {
      if (/^\s*(?:select|with|insert|update|delete)/.test(statement.text)) {
        const { rows } = await on.query({
          text: `explain (format json) ${statement.text}`,
          values: statement.values ?? [],
        });
        const plan = JSON.stringify(Plan.parse(rows));
        for (const [, table = ''] of plan.matchAll(/"Node Type":"Seq Scan"[^{}]*?"Relation Name":"(\w+)"/g)) {
          if (LARGE.includes(table)) scans.add(`${statement.name ?? statement.text}: ${table}`);
        }
      }
      return on.query<Row>(statement);
    };
  return {
    query: watch(database),
    transaction: (work) => database.transaction((tx) => work({ isTransaction: true, query: watch(tx) })),
  };
}

test('nothing that the office or the directory reads goes through a large table from end to end', async () => {
  const scans = new Set<string>();
  const tables = watched(scans);
  const [office, reads] = [officeReads(tables, cipher), directoryReads(tables, cipher)];
  const [householdId, pupilId] = [uuid(30_010), id<PupilId>(uuid(10_010))];
  expect(await office.findPupil(MUNICIPALITY, pupilId)).toMatchObject({ household: { householdId } });
  expect(await office.listDietVersions(MUNICIPALITY, pupilId)).toEqual([]);
  expect(await office.listHouseholds(MUNICIPALITY, { name: 'f-10', after: null, limit: 20 })).toHaveLength(20);
  expect(await office.listHouseholds(MUNICIPALITY, { name: null, after: 'F-100', limit: 20 })).toHaveLength(20);
  expect((await office.findHousehold(MUNICIPALITY, householdId))?.pupils).toHaveLength(2);
  expect(await reads.findRecord(MUNICIPALITY, pupilId)).not.toBeNull();
  expect(await reads.pupilSheets(MUNICIPALITY, [pupilId])).toHaveLength(1);
  expect((await reads.listChanges(MUNICIPALITY, PUPILS - 10, 100))?.pupils).toHaveLength(10);
  const today = serviceDateAt(new Date());
  expect(await resealDiets(tables, cipher, 'without versions', today, () => undefined)).toMatchObject({ read: 0 });
  expect([...scans]).toEqual([]);
});

test('nothing that the office changes does, siblings, certifications and diets included', async () => {
  const scans = new Set<string>();
  const days = { validFrom: '2026-09-01', validUntil: '2027-08-31' };
  await put(
    {
      ...NO_RECORDS,
      households: [{ ...household(10), name: 'Famiglia di prova' }],
      isee: [{ householdId: uuid(30_010), certifications: [{ iseeCents: 840_000, reference: 'DSU 1', ...days }] }],
      diets: [{ pupilId: uuid(10_010), diets: [{ dietCode: 'GF', kind: 'health', reference: 'prot. 1', ...days }] }],
      enrolments: [
        { ...enrolment(10), reductions: [{ percent: 20, reason: 'siblings', ...days }] },
        { ...enrolment(11), overdraftCents: 500 },
      ],
    },
    watched(scans),
  );
  expect([...scans]).toEqual([]);
});

test('a statement that has no index for its question is found out', async () => {
  const scans = new Set<string>();
  await watched(scans).query({
    name: 'forgetful',
    text: `select 1 from pupils where given_name = 'Nessuno'`,
    values: [],
  });
  expect([...scans]).toEqual(['forgetful: pupils']);
});
