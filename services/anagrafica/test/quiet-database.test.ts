import { openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { expect, test } from '@jest/globals';
import { quietDatabase } from '../src/store/quiet-database.ts';

test('an error of the database tells no row, inside a transaction or out of it', async () => {
  const borrowed = await privateDatabase();
  const logger = createLogger({ service: 'test', level: 'error' });
  const database = openDatabase({ url: borrowed.url, applicationName: 'test' }, logger);
  await database.start();
  const quiet = quietDatabase(database);
  await quiet.query({ text: 'create table people (name text primary key, check (name <> $$Orso$$))' });
  await quiet.query({ text: `insert into people values ('Nuvola')` });
  const again = { text: `insert into people values ('Nuvola')` };
  const checked = { text: `insert into people values ('Orso')` };
  for (const failing of [
    quiet.query(again),
    quiet.query(checked),
    quiet.transaction((tx) => tx.query(again)),
    quiet.transaction((tx) => tx.query(checked)),
  ]) {
    const cause: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(cause).toBeInstanceOf(Error);
    expect(cause).toHaveProperty('code', expect.stringMatching(/^235/));
    expect(JSON.stringify(cause)).not.toMatch(/Nuvola|Orso/);
  }
  await database.stop();
  await borrowed.close();
});
