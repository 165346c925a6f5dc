import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dumpSchema } from '@campanella/postgres';
import { privateDatabase } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
let database: Awaited<ReturnType<typeof privateDatabase>>;

beforeAll(async () => {
  database = await privateDatabase({ migrations: MIGRATIONS });
}, 60_000);

afterAll(async () => {
  await database?.close();
});

test('migrations/schema.sql is what the migrations make (npm run schema writes it)', () => {
  const schema = dumpSchema(database.url);
  // Null where the machine has no pg_dump: then there is nothing to compare with.
  if (schema !== null) expect(readFileSync(`${MIGRATIONS}/schema.sql`, 'utf8')).toBe(schema);
});
