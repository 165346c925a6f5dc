import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { privateDatabase } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const SECONDS = 1_000;

let databases: Awaited<ReturnType<typeof privateDatabase>>[];
let registry: pg.Client;
let attendance: pg.Client;
let folder: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  databases = await Promise.all(
    ['anagrafica', 'attendance'].map((name) =>
      privateDatabase({ migrations: path(`../../../services/${name}/migrations`) }),
    ),
  );
  const [own, other] = databases.map(({ url }) => url);
  registry = new pg.Client({ connectionString: own });
  attendance = new pg.Client({ connectionString: other });
  await Promise.all([registry.connect(), attendance.connect()]);
  await registry.query(
    "insert into municipalities (municipality_id, name, website_url, office_contact) values (1, 'Vallefinta', '', '')",
  );
  folder = await mkdtemp(join(tmpdir(), 'campanella-imports-'));
  environment = {
    ...process.env,
    DATABASE_URL: own,
    ATTENDANCE_DATABASE_URL: other,
    FIELD_KEY: randomBytes(32).toString('base64'),
    DOCUMENT_STORE_URL: pathToFileURL(join(folder, '..')).href,
  };
}, 60 * SECONDS);

afterAll(async () => {
  await Promise.all([registry?.end(), attendance?.end()]);
  for (const database of databases ?? []) await database.close();
  await rm(folder, { recursive: true });
});

const write = (name: string, ...lines: readonly string[]) => writeFile(join(folder, name), `${lines.join('\n')}\n`);

/** What `npm run import` says and ends with. */
function runImport(...words: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const all = [path('../bootstrap.mjs'), 'import', '--municipality', '1', '--files', folder, '--as', 'prova', ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env: environment }, (fault, out, err) =>
      resolve({ status: fault === null ? 0 : Number(fault.code), out, err }),
    );
  });
}

async function counts(): Promise<readonly number[]> {
  const schools = await registry.query('select count(*)::int as count from schools');
  const days = await attendance.query('select count(*)::int as count from service_days');
  return [schools.rows[0].count, days.rows[0].count];
}

test(
  'a folder of both services goes in as a whole or not at all, and again changes nothing',
  async () => {
    await write('scuole.csv', 'nome', 'La Quercia');
    await write('giorni_mensa.csv', 'scuola;dal', 'La Quercia;30/02/2027');
    const broken = await runImport();
    expect(broken).toMatchObject({ status: 1, out: '' });
    expect(broken.err).toContain('giorni_mensa.csv, riga 2, colonna dal: non è una data: scriverla gg/mm/aaaa');
    expect(await counts()).toEqual([0, 0]);

    await write('giorni_mensa.csv', 'scuola;dal', 'La Quercia;22/03/2027');
    const dry = await runImport('--dry-run');
    expect(dry.status).toBe(0);
    expect(dry.out).toContain('scuole.csv: 1 righe, 1 da cambiare');
    expect(dry.out).toContain('giorni_mensa.csv: 1 righe, 1 da cambiare');
    expect(await counts()).toEqual([0, 0]);

    expect(await runImport()).toMatchObject({ status: 0 });
    expect(await counts()).toEqual([1, 1]);
    const [school, day] = await Promise.all([
      registry.query('select school_id from schools'),
      attendance.query('select school_id from service_days'),
    ]);
    expect(day.rows).toEqual(school.rows);
    const again = await runImport();
    expect(again.out).toContain('scuole.csv: 1 righe, 0 da cambiare');
    expect(again.out).toContain('giorni_mensa.csv: 1 righe, 0 da cambiare');
    expect(await counts()).toEqual([1, 1]);
  },
  300 * SECONDS,
);
