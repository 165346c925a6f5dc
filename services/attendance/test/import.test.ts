import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { describeFiles, importedId } from '@campanella/csv-import';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { type MunicipalityId, nameKey, numberId } from '@campanella/vocabulary';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sentenceOf } from '../src/import/faults.ts';
import { importFolder } from '../src/import/import-folder.ts';
import { LAYOUTS } from '../src/import/layouts.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
const REGISTRY_FILES = ['scuole.csv', 'classi.csv'];
const TABLES = ['service_days', 'closed_days', 'sittings', 'menus', 'menu_rotations', 'calendar_edits'] as const;

let privately: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;
let folder: string;
let municipality = 0;
let school: string;

beforeAll(async () => {
  privately = await privateDatabase({ migrations: MIGRATIONS });
  database = openDatabase(
    { url: privately.url, applicationName: 'import-test' },
    createLogger({ service: 'import-test', level: 'silent' }),
  );
  await database.start();
}, 60_000);

afterAll(async () => {
  await database?.stop();
  await privately?.close();
});

// A municipality of its own for every test, with one school and one class.
beforeEach(async () => {
  municipality += 1;
  school = randomUUID();
  folder = await mkdtemp(join(tmpdir(), 'campanella-import-'));
  await database.query({
    text: "insert into directory_schools (municipality_id, school_id, name) values ($1, $2, 'Il Girasole')",
    values: [municipality, school],
  });
  await database.query({
    text: `insert into directory_pupils (municipality_id, pupil_id, version, removed, display_name, school_id, class_name, diet_sealed,
             badges, enrolments) values ($1, $2, 1, false, 'Nembo', $3, '3B', '', '[]', '[]')`,
    values: [municipality, randomUUID(), school],
  });
});

afterEach(() => rm(folder, { recursive: true }));

const GOOD: Readonly<Record<string, readonly string[]>> = {
  // A fortnight from a Monday; the night of 28 March 2027 has no hour from two to three.
  'giorni_mensa.csv': [
    'scuola;dal;al;giorni;mensa',
    'Il Girasole;22/03/2027;04/04/2027;lun mar mer gio ven;',
    'Il Girasole;31/03/2027;;;no',
  ],
  'chiusure.csv': [
    'scuola;dal;al;classe;tipo;motivo',
    'Il Girasole;25/03/2027;30/03/2027;;;Vacanze di Pasqua',
    'il  girasole;24/03/2027;;3b;gita;Gita al museo',
  ],
  'turni.csv': ['scuola;classe;turno', 'Il Girasole;3B;2'],
  'menu.csv': [
    'scuola;giorno;portata;piatto;allergeni;dieta',
    'Il Girasole;22/03/2027;primo;Pasta al pomodoro;glutine, sedano;',
    'Il Girasole;22/03/2027;primo;Riso al pomodoro;sedano;GF',
    'Il Girasole;22/03/2027;frutta;Mela;nessuno;',
  ],
  'menu_rotazione.csv': [
    'scuola;dal;settimane;settimana;giorno;portata;piatto;allergeni',
    'Il Girasole;22/03/2027;2;1;lun;primo;Gnocchi;glutine',
    'Il Girasole;22/03/2027;2;2;mar;primo;Minestrone;sedano',
  ],
};

type Files = Readonly<Record<string, readonly string[] | Buffer | null>>;

async function write(changes: Files = {}, base: Files = GOOD): Promise<void> {
  for (const [name, content] of Object.entries({ ...base, ...changes })) {
    if (content === null) await rm(join(folder, name), { force: true });
    else await writeFile(join(folder, name), content instanceof Buffer ? content : `${content.join('\r\n')}\r\n`);
  }
}

const run = (isDryRun = false) =>
  importFolder(
    { transaction: database.transaction.bind(database), clock: { now: () => new Date() } },
    {
      ...{ municipalityId: numberId<MunicipalityId>(municipality), folder, isDryRun, editor: 'prova' },
      otherFiles: REGISTRY_FILES,
      onProgress: () => undefined,
    },
  );

/** Every row of the municipality. */
async function everything(): Promise<Record<string, readonly unknown[]>> {
  const tables = TABLES.map(async (table) => {
    const text = `select to_jsonb(t) - 'edited_at' - 'edit_id' as row from ${table} t where municipality_id = $1 order by 1`;
    const { rows } = await database.query<{ row: unknown }>({ text, values: [municipality] });
    return [table, rows.map(({ row }) => row)] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

async function faultsOf(changes: Files, base: Files = GOOD): Promise<readonly string[]> {
  await write(changes, base);
  const before = await everything();
  const report = await run();
  expect(report.isStored).toBe(false);
  expect(await everything()).toEqual(before);
  return report.faults.map(sentenceOf);
}

const days = (rows: readonly unknown[] | undefined) =>
  (rows as { service_date: string }[]).map(({ service_date }) => service_date.slice(5));

test('good files are stored, all of them, with a line that names the files', async () => {
  await write();
  const report = await run();
  expect(report.faults.map(sentenceOf)).toEqual([]);
  expect(report).toMatchObject({ isStored: true });
  expect(report.files.map(({ fileName, rows, changed }) => [fileName, rows, changed])).toEqual([
    ['giorni_mensa.csv', 2, 9],
    ['chiusure.csv', 2, 5],
    ['turni.csv', 1, 1],
    ['menu.csv', 3, 1],
    ['menu_rotazione.csv', 2, 1],
  ]);
  const stored = await everything();
  // Nine days of the fortnight but one, less the four of the holidays; Saturday and Sunday of them never were any.
  expect(days(stored['service_days'])).toEqual(['03-22', '03-23', '03-24', '04-01', '04-02']);
  expect(stored['closed_days']).toMatchObject([
    { service_date: '2027-03-25', class_name: '', kind: 'closure', reason: 'Vacanze di Pasqua' },
    { service_date: '2027-03-26' },
    { service_date: '2027-03-29' },
    { service_date: '2027-03-30' },
    { service_date: '2027-03-24', class_name: '3B', kind: 'trip', reason: 'Gita al museo' },
  ]);
  expect(stored['sittings']).toMatchObject([{ class_name: '3B', sitting: 2 }]);
  expect(stored['menus']).toMatchObject([
    {
      text: 'Pasta al pomodoro, Riso al pomodoro, Mela',
      courses: [
        { course: 'first', name: 'Pasta al pomodoro', allergens: ['gluten', 'celery'], dietCode: '' },
        { course: 'first', name: 'Riso al pomodoro', allergens: ['celery'], dietCode: 'GF' },
        { course: 'fruit', name: 'Mela', allergens: [], dietCode: '' },
      ],
    },
  ]);
  expect(stored['menu_rotations']).toMatchObject([
    {
      starts_on: '2027-03-22',
      weeks: 2,
      days: [
        { week: 1, weekday: 1, courses: [{ name: 'Gnocchi' }] },
        { week: 2, weekday: 2, courses: [{ name: 'Minestrone' }] },
      ],
    },
  ]);
  expect(stored['calendar_edits']).toMatchObject([
    { editor: 'prova', source: 'import', what: 'import', files: report.files.map(({ fileName }) => fileName) },
  ]);
});

test('the same files a second time change nothing, and leave no line', async () => {
  await write();
  await run();
  const before = await everything();
  const again = await run();
  expect(again.isStored).toBe(true);
  expect(again.files.map(({ changed }) => changed)).toEqual([0, 0, 0, 0, 0]);
  expect(await everything()).toEqual(before);
});

test('a dry run tells what would change and changes nothing', async () => {
  await write();
  const before = await everything();
  const report = await run(true);
  expect(report).toMatchObject({ isStored: false, faultCount: 0 });
  expect(report.files.map(({ changed }) => changed)).toEqual([9, 5, 1, 1, 1]);
  expect(await everything()).toEqual(before);
});

test('what a file does not name stays; a menu that is named is told whole; a closure goes by its word', async () => {
  await write();
  await run();
  const next: Files = {
    'giorni_mensa.csv': ['scuola;dal', 'Il Girasole;05/04/2027'],
    'chiusure.csv': ['scuola;dal;al;annullata', 'Il Girasole;29/03/2027;30/03/2027;si'],
    'turni.csv': ['scuola;classe;turno', 'Il Girasole;3B;1'],
    'menu.csv': ['scuola;giorno;portata;piatto;allergeni', 'Il Girasole;22/03/2027;primo;Orzo;glutine'],
    'menu_rotazione.csv': null,
  };
  await write(next);
  expect((await run()).faults.map(sentenceOf)).toEqual([]);
  const stored = await everything();
  expect(days(stored['service_days'])).toEqual([
    '03-22',
    '03-23',
    '03-24',
    '03-29',
    '03-30',
    '04-01',
    '04-02',
    '04-05',
  ]);
  expect(days(stored['closed_days'])).toEqual(['03-25', '03-26', '03-24']);
  expect(stored['sittings']).toEqual([]);
  expect(stored['menus']).toMatchObject([{ text: 'Orzo', courses: [{ name: 'Orzo' }] }]);
  expect(stored['menu_rotations']).toHaveLength(1);
});

test('a school and a class that the same folder brings are known, under the ids that the registry gives them', async () => {
  await write({
    'scuole.csv': ['nome', 'La Quercia'],
    'classi.csv': ['anno_scolastico;scuola;nome', '2026/2027;La Quercia;1A'],
    'turni.csv': ['scuola;classe;turno', 'LA QUERCIA;1a;2'],
  });
  expect((await run()).faults.map(sentenceOf)).toEqual([]);
  const schoolId = importedId(numberId<MunicipalityId>(municipality), 'schools', nameKey('La Quercia'));
  expect((await everything())['sittings']).toMatchObject([{ school_id: schoolId, class_name: '1A' }]);
});

describe('a file is read as offices export it:', () => {
  const heading = 'scuola;dal;motivo';
  const row = 'Il Girasole;22/03/2027;Perché piove';
  test.each<[string, Buffer]>([
    ['Windows-1252', Buffer.from(`${heading}\r\n${row}\r\n`, 'latin1')],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${heading}\r\n${row}\r\n`)],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${heading}\r\n${row}\r\n`, 'utf16le')],
    ['commas', Buffer.from(`${heading}\r\n${row}\r\n`.replaceAll(';', ','))],
  ])('%s', async (_what, content) => {
    await write({ 'chiusure.csv': content });
    expect((await run()).faults.map(sentenceOf)).toEqual([]);
    expect((await everything())['closed_days']).toMatchObject([{ reason: 'Perché piove' }]);
  });
});

describe('a broken file changes nothing, and every fault is told by file, line and column:', () => {
  const dish = 'scuola;giorno;portata;piatto;allergeni;dieta';
  const rotation = 'scuola;dal;settimane;settimana;giorno;portata;piatto;allergeni';
  test.each<[string, Files, readonly string[]]>([
    [
      'an unknown school, once for each row',
      { 'turni.csv': ['scuola;classe;turno', 'Il Girasolo;3B;2'] },
      [
        'turni.csv, riga 2, colonna scuola: la scuola non è in scuole.csv di questa cartella e non è già registrata: controllare il nome',
      ],
    ],
    [
      'a class that nobody goes to, and a third sitting',
      { 'turni.csv': ['scuola;classe;turno', 'Il Girasole;3C;2', 'Il Girasole;3B;3'] },
      [
        'turni.csv, riga 2, colonna classe: nessuna classe di questa scuola si chiama così, né fra quelle registrate né in classi.csv',
        'turni.csv, riga 3, colonna turno: non è un numero da 1 a 2',
      ],
    ],
    [
      'days that are inverted, absurd, or a spreadsheet’s',
      {
        'giorni_mensa.csv': [
          'scuola;dal;al;giorni',
          'Il Girasole;22/03/2027;01/03/2027;',
          'Il Girasole;22/03/2027;22/03/2207;',
          'Il Girasole;46468;;',
          'Il Girasole;22/03/2027;;lunedi',
        ],
        'chiusure.csv': null,
      },
      [
        'giorni_mensa.csv, riga 2, colonna al: l’ultimo giorno viene prima del primo',
        'giorni_mensa.csv, riga 3, colonna al: il periodo supera 800 giorni: controllare l’anno',
        'giorni_mensa.csv, riga 4, colonna dal: è il numero con cui un foglio di calcolo scrive 22/03/2027: dare alla colonna il formato data gg/mm/aaaa ed esportare di nuovo',
        'giorni_mensa.csv, riga 5, colonna giorni: valore non ammesso: scrivere lun, mar, mer, gio, ven, sab, dom',
      ],
    ],
    [
      'a closure of days without a meal, or without a reason',
      { 'chiusure.csv': ['scuola;dal;motivo', 'Il Girasole;15/08/2027;Ferragosto', 'Il Girasole;22/03/2027;'] },
      [
        'chiusure.csv, riga 3, colonna motivo: manca il valore, che è obbligatorio',
        'chiusure.csv, riga 2, colonna dal: in questi giorni la scuola non ha mensa: controllare le date, o indicarli prima in giorni_mensa.csv',
      ],
    ],
    [
      'a dish whose allergens are not told, are unknown, or that comes twice',
      {
        'menu.csv': [
          dish,
          'Il Girasole;22/03/2027;primo;Pasta;;',
          'Il Girasole;22/03/2027;primo;Pesto;noci;',
          'Il Girasole;22/03/2027;frutta;Mela;nessuno;',
          'Il Girasole;22/03/2027;frutta;mela;nessuno;',
        ],
      },
      [
        'menu.csv, riga 2, colonna allergeni: manca il valore, che è obbligatorio',
        'menu.csv, riga 3, colonna allergeni: valore non ammesso: scrivere glutine, crostacei, uova, pesce, arachidi, soia, latte, frutta_a_guscio, sedano, senape, sesamo, solfiti, lupini, molluschi',
        'menu.csv, riga 5: la stessa riga c’è già alla riga 4: toglierne una',
      ],
    ],
    [
      'more dishes than a day can have',
      {
        'menu.csv': [
          dish,
          ...Array.from({ length: 41 }, (_, at) => `Il Girasole;22/03/2027;primo;Piatto ${at};nessuno;`),
        ],
      },
      ['menu.csv, riga 2: più di 40 piatti in un giorno: controllare scuola e date'],
    ],
    [
      'a rotation that begins on a Tuesday, leaves its weeks, or has two lengths',
      {
        'menu_rotazione.csv': [
          rotation,
          'Il Girasole;23/03/2027;2;1;lun;primo;Gnocchi;glutine',
          'Il Girasole;22/03/2027;2;3;lun;primo;Orzo;glutine',
          'Il Girasole;22/03/2027;2;1;lun;primo;Riso;nessuno',
          'Il Girasole;22/03/2027;4;1;mar;primo;Farro;glutine',
        ],
      },
      [
        'menu_rotazione.csv, riga 2, colonna dal: una rotazione comincia di lunedì',
        'menu_rotazione.csv, riga 3, colonna settimana: questa settimana è oltre quelle della rotazione',
        'menu_rotazione.csv, riga 5, colonna settimane: la stessa rotazione ha un altro numero di settimane alla riga 4',
      ],
    ],
    [
      'a file that nobody knows, 300 columns, a file that is cut off',
      {
        'mensa.csv': ['a'],
        'menu.csv': [Array.from({ length: 300 }, () => 'x').join(';')],
        'turni.csv': Buffer.from('scuola;classe;turno\r\nIl Girasole;3B;2'),
      },
      [
        'mensa.csv: nome di file non riconosciuto. I nomi ammessi sono: giorni_mensa.csv, chiusure.csv, turni.csv, menu.csv, menu_rotazione.csv, scuole.csv, classi.csv',
        'turni.csv: l’ultima riga non termina con un a capo: il file può essere troncato. Esportarlo di nuovo',
        'menu.csv, riga 1: il file ha più di 100 colonne: controllare il separatore e che sia il file giusto',
      ],
    ],
  ])('%s', async (_what, changes, sentences) => {
    expect(await faultsOf(changes)).toEqual(sentences);
  });

  test('two gigabytes are refused before they are read', async () => {
    await write();
    await truncate(join(folder, 'menu.csv'), 2 * 1024 ** 3);
    expect((await run()).faults.map(sentenceOf)).toEqual([
      'menu.csv: il file supera 512 MB: dividerlo, o controllare che sia quello giusto',
    ]);
  });
});

test('more rows than one batch, whose faults are where they are', async () => {
  const file = createWriteStream(join(folder, 'menu.csv'));
  file.write('scuola;giorno;portata;piatto;allergeni\r\n');
  for (let number = 0; number < 2_500; number += 1) {
    const day = new Date(Date.UTC(2026, 0, 1 + (number % 500))).toISOString().slice(0, 10);
    file.write(`Il Girasole;${day};primo;Piatto ${number};nessuno\r\n`);
  }
  file.write('Il Girasole;oggi;primo;Piatto;nessuno\r\n');
  await finished(file.end());
  const report = await run();
  expect(report.faults).toMatchObject([{ line: 2_502, column: 'giorno', kind: 'not_a_day' }]);
  expect(report.files).toMatchObject([{ rows: 2_501 }]);
});

test('docs/import.md describes every file and column (npm run import -- --format prints it)', async () => {
  const page = await readFile(fileURLToPath(new URL('../../../docs/import.md', import.meta.url)), 'utf8');
  expect(page).toContain(describeFiles(LAYOUTS));
});
