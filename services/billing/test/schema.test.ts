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

test('municipality_id leads every key and index, but where the node names a creditor by its fiscal code, and where whatever is due first is next', () => {
  const schema = readFileSync(`${MIGRATIONS}/schema.sql`, 'utf8');
  const own = schema
    .split(';')
    .filter(
      (statement) =>
        !/outbox_events|processed_messages|migration|creditors_by_fiscal_code|position_loads_(?:due|by_age)/.test(
          statement,
        ),
    );
  const keys = own.flatMap((statement) => [...statement.matchAll(/(?:PRIMARY KEY|UNIQUE|USING btree) \((\w+)/g)]);
  expect(keys.length).toBeGreaterThan(10);
  expect(keys.map(([, column]) => column)).toEqual(keys.map(() => 'municipality_id'));
});
