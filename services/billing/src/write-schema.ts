import { writeFileSync } from 'node:fs';
import { dumpSchema } from '@campanella/postgres';
import { readConfig, runMain } from '@campanella/service-kit';
import { z } from 'zod';

await runMain(async () => {
  const config = readConfig(
    z.object({ DATABASE_URL: z.url().describe('A database that is freshly migrated') }),
    process.env,
  );
  const schema = dumpSchema(config.DATABASE_URL);
  if (schema === null) throw new Error('there is no pg_dump on this machine: install the PostgreSQL client');
  writeFileSync(new URL('../migrations/schema.sql', import.meta.url), schema);
});
