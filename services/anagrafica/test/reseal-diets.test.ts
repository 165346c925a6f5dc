import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { type MunicipalityId, numberId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NO_RECORDS } from '../src/app/office.ts';
import { putRecords } from '../src/app/put-records.ts';
import { dietCodeOn } from '../src/domain/diet.ts';
import { directoryReads } from '../src/store/directory-reads.ts';
import { officeReads } from '../src/store/office-reads.ts';
import { registryStore } from '../src/store/registry-store.ts';
import { resealDiets, resealIsee } from '../src/store/reseal-diets.ts';
import { frame, pupil, uuid } from './running-anagrafica.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
const TODAY = serviceDateAt(new Date());
const MUNICIPALITY = numberId<MunicipalityId>(1);
const [older, newer] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

let borrowed: Awaited<ReturnType<typeof privateDatabase>>;
let database: ReturnType<typeof openDatabase>;

beforeAll(async () => {
  borrowed = await privateDatabase({ migrations: MIGRATIONS });
  database = openDatabase(
    { url: borrowed.url, applicationName: 'test' },
    createLogger({ service: 'test', level: 'error' }),
  );
  await database.start();
}, 60_000);

afterAll(async () => {
  await database?.stop();
  await borrowed?.close();
});

test('a rotation seals every diet and every ISEE under the new key, changes no diet and moves no version', async () => {
  const deps = {
    store: registryStore(openFieldCipher(older)),
    clock: { now: () => new Date() },
    transaction: database.transaction.bind(database),
    announceDirectory: async () => undefined,
  };
  const { municipality } = frame(1);
  const town = {
    ...{ ...NO_RECORDS, ...frame(1), pupils: [], enrolments: [], isee: [] },
    tariffs: frame(1).tariffs.map((tariff) => ({ ...tariff, bands: null })),
    municipality: municipality === undefined ? null : { ...municipality, lightDietDaysMax: null },
  };
  expect(await putRecords(deps, MUNICIPALITY, town)).toMatchObject({ ok: true });
  for (let number = 0; number < 3; number += 1) {
    const pupils = pupil(1, number).pupils.map((one) => ({
      ...one,
      ...{ birth: one.birth ?? null, residence: one.residence ?? null },
      dietCode: number === 0 ? '' : `D${number}`,
    }));
    expect(await putRecords(deps, MUNICIPALITY, { ...NO_RECORDS, pupils })).toMatchObject({ ok: true });
  }
  const read = (keys: string) => directoryReads(database, openFieldCipher(keys)).listChanges(MUNICIPALITY, 0, 10);
  const certification = {
    ...{ iseeCents: 840_000, reference: 'DSU 1', validFrom: '2026-09-01', validUntil: '2027-08-31' },
  };
  const households = {
    ...NO_RECORDS,
    households: [{ householdId: uuid(1), name: 'F-1', pupilIds: [], guardianIds: [] }],
    isee: [{ householdId: uuid(1), certifications: [certification] }],
  };
  expect(await putRecords(deps, MUNICIPALITY, households)).toMatchObject({ ok: true });
  const iseeUnder = async (keys: string) =>
    (await officeReads(database, openFieldCipher(keys)).findHousehold(MUNICIPALITY, uuid(1)))?.certifications;
  const before = await read(older);
  const rotating = openFieldCipher(`${newer},${older}`);
  expect(await resealDiets(database, rotating, 'all', TODAY, () => undefined)).toEqual({ read: 3, resealed: 3 });
  expect(await resealDiets(database, rotating, 'all', TODAY, () => undefined)).toEqual({ read: 3, resealed: 0 });
  expect(await resealIsee(database, rotating)).toEqual({ read: 1, resealed: 1 });
  expect(await resealIsee(database, rotating)).toEqual({ read: 1, resealed: 0 });
  expect(await iseeUnder(newer)).toMatchObject([{ iseeCents: 840_000, reference: 'DSU 1' }]);
  await expect(iseeUnder(older)).rejects.toMatchObject({ kind: 'unknown_key' });
  expect(await read(newer)).toEqual(before);
  expect(before?.pupils.map((one) => dietCodeOn(one.diets, TODAY))).toEqual(['', 'D1', 'D2']);
  await expect(read(older)).rejects.toMatchObject({ kind: 'unknown_key' });
});
