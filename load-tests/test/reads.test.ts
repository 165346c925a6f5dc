import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { type Family, type ReadPlatform, startReadPlatform } from '../bench-reads/platform.ts';
import { countSequentialScans, PARENTS, READS, Reader, STAFFS } from '../bench-reads/reads.ts';

const PUPILS = 2_500;
const READERS = 40;
/** A table of as many rows is read by an index, or somebody has forgotten one. */
const LARGE_ROWS = 1_000;

let platform: ReadPlatform;
let reader: Reader;

beforeAll(async () => {
  platform = await startReadPlatform(PUPILS, () => undefined);
  reader = new Reader(platform, 4);
}, 300_000);

afterAll(async () => {
  await reader?.close();
  await platform?.close();
}, 60_000);

test('no read of the parents’ API goes through a large table from end to end', async () => {
  const countScans = await countSequentialScans(platform, LARGE_ROWS);
  for (const read of READS) {
    expect({ read: read.key, ...(await reader.askOwn(read, READERS)).statuses }).toEqual({
      read: read.key,
      200: READERS,
    });
  }
  expect([...(await countScans())]).toEqual([]);
}, 60_000);

/** Each way in which the office looks for something, beside the bare list. */
const SEARCHES: Readonly<Record<string, readonly ((family: Family) => Readonly<Record<string, string>>)[]>> = {
  'GET /api/anagrafica/office/pupils': [
    () => ({ name: 'ros' }),
    () => ({ name: 'rossi an' }),
    ({ codiceFiscale }) => ({ codiceFiscale }),
    ({ badgeNumber }) => ({ badgeNumber }),
  ],
  'GET /api/anagrafica/office/households': [() => ({ name: 'ros' })],
  'GET /api/anagrafica/office/edits': [({ pupilId }) => ({ recordId: pupilId })],
};

test('no list and no search of the office goes through a large table from end to end', async () => {
  // There is no billing run here: one is found by its key, and its lines in their order.
  const reads = STAFFS.filter(({ method, path }) => method === 'GET' && !path.includes('{runId}'));
  const countScans = await countSequentialScans(platform, LARGE_ROWS);
  for (const read of reads) {
    for (const search of [() => ({}), ...(SEARCHES[read.key] ?? [])]) {
      const { statuses } = await reader.askOwn(read, READERS, search);
      expect({ read: read.key, ...statuses }).toEqual({ read: read.key, 200: READERS });
    }
  }
  expect([...(await countScans())]).toEqual([]);
}, 60_000);

/** What a guardian's write answers here, where no Checkout can be reached. */
const WRITTEN: Readonly<Record<string, number>> = {
  'POST /api/billing/carts': 503,
  'POST /api/billing/carts/{cartId}/end': 204,
};

test('no write of the parents’ API goes through a large table from end to end', async () => {
  const writes = PARENTS.filter(({ method }) => method !== 'GET');
  const countScans = await countSequentialScans(platform, LARGE_ROWS);
  for (const write of writes) {
    const { statuses } = await reader.askOwn(write, READERS);
    expect({ write: write.key, ...statuses }).toEqual({ write: write.key, [WRITTEN[write.key] ?? 200]: READERS });
  }
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
