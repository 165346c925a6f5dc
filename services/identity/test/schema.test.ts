import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dumpSchema } from '@campanella/postgres';
import { privateDatabase } from '@campanella/testkit';
import { expect, test } from '@jest/globals';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

test('migrations/schema.sql is the schema that the migrations make', async () => {
  const database = await privateDatabase({ migrations: MIGRATIONS });
  try {
    const dumped = dumpSchema(database.url);
    // Without PostgreSQL's own pg_dump there is nothing to compare with.
    if (dumped !== null) expect(dumped).toBe(readFileSync(`${MIGRATIONS}/schema.sql`, 'utf8'));
  } finally {
    await database.close();
  }
});
