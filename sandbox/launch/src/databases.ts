import pg from 'pg';

/** The services that keep data, each in a database of its name. */
export const DATABASES = ['identity', 'anagrafica', 'attendance', 'ledger'] as const;

/** Makes the databases that are not there yet; answers the address of each by its name. */
export async function ensureDatabases(postgresUrl: string): Promise<Readonly<Record<string, string>>> {
  const client = new pg.Client({ connectionString: postgresUrl, application_name: 'launch' });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const there = new Set(rows.map(({ datname }) => datname));
    for (const name of DATABASES) if (!there.has(name)) await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return Object.fromEntries(
    DATABASES.map((name) => {
      const address = new URL(postgresUrl);
      address.pathname = `/${name}`;
      return [name, address.href];
    }),
  );
}
