import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { type ReadPlatform, startReadPlatform } from '../bench-reads/platform.ts';
import { countSequentialScans, READS, Reader } from '../bench-reads/reads.ts';

const PUPILS = 2_500;
const READERS = 40;
/** A table of as many rows is read by an index, or somebody has forgotten one. */
const LARGE_ROWS = 1_000;

let platform: ReadPlatform;
let reader: Reader;

beforeAll(async () => {
  platform = await startReadPlatform(PUPILS, () => undefined);
  reader = new Reader(platform, 4);
}, 180_000);

afterAll(async () => {
  await reader?.close();
  await platform?.close();
}, 60_000);

test('no read of the parents’ API goes through a large table from end to end', async () => {
  const countScans = await countSequentialScans(platform, LARGE_ROWS);
  for (const read of READS) expect((await reader.readOwn(read, READERS)).statuses).toEqual({ 200: READERS });
  expect([...(await countScans())]).toEqual([]);
}, 60_000);

test('a table that has no index for its question is found out', async () => {
  const countScans = await countSequentialScans(platform, LARGE_ROWS);
  // A session of its own: its counts are told when it ends.
  const forgetful = new pg.Client({ connectionString: platform.databaseUrls.anagrafica });
  await forgetful.connect();
  await forgetful.query(`select count(*) from pupils where family_name = 'Nessuno'`);
  await forgetful.end();
  expect([...(await countScans()).keys()]).toEqual(['anagrafica.pupils']);
}, 60_000);

test('every read of another guardian’s pupil, and of one that there is not, is refused alike', async () => {
  for (const read of READS.filter(({ isOfPupil }) => isOfPupil)) {
    const { others, absent } = await reader.readRefused(read, READERS);
    expect([others.statuses, absent.statuses]).toEqual([{ 404: READERS * 2 }, { 404: READERS * 2 }]);
  }
}, 60_000);
