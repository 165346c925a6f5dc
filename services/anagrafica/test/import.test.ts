import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { type MunicipalityId, numberId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { NO_RECORDS } from '../src/app/office.ts';
import { putRecords } from '../src/app/put-records.ts';
import { openDocumentStore } from '../src/document-store/open-document-store.ts';
import { dietCodeOn } from '../src/domain/diet.ts';
import type { DirectoryPupil } from '../src/domain/directory.ts';
import { sentenceOf } from '../src/import/faults.ts';
import { importFolder } from '../src/import/import-folder.ts';
import { describeLayouts } from '../src/import/layouts.ts';
import { directoryReads } from '../src/store/directory-reads.ts';
import { registryStore } from '../src/store/registry-store.ts';
import { codiceFiscale, frame } from './running-anagrafica.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
const KEY = randomBytes(32).toString('base64');

let privately: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;
let announced: number[];
let folder: string;
let documentFolder: string;
let municipality = 0;

const deps = () => ({
  fascicolo: { store: openDocumentStore(pathToFileURL(documentFolder).href) },
  store: registryStore(openFieldCipher(KEY)),
  clock: { now: () => new Date() },
  transaction: database.transaction.bind(database),
  announceDirectory: async (_tx: unknown, _municipality: MunicipalityId, version: number) => {
    announced.push(version);
  },
});

beforeAll(async () => {
  documentFolder = await mkdtemp(join(tmpdir(), 'campanella-documents-'));
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
  await rm(documentFolder, { recursive: true });
});

// A municipality of its own for every test, with nothing in it.
beforeEach(async () => {
  municipality += 1;
  announced = [];
  folder = await mkdtemp(join(tmpdir(), 'campanella-import-'));
  const { municipality: town } = frame(municipality);
  const input = { ...NO_RECORDS, municipality: town === undefined ? null : { ...town, lightDietDaysMax: null } };
  expect(await putRecords(deps(), numberId<MunicipalityId>(municipality), input)).toMatchObject({ ok: true });
  announced = [];
});

afterEach(() => rm(folder, { recursive: true }));

const [PARENT, CHILD, SIBLING] = [codiceFiscale(1), codiceFiscale(1_001), codiceFiscale(1_002)];

const GOOD: Readonly<Record<string, readonly string[]>> = {
  'scuole.csv': ['nome', 'Il Girasole'],
  'anni_scolastici.csv': ['nome;dal;al', '2026/2027;01/09/2026;31/08/2027'],
  'classi.csv': ['anno_scolastico;scuola;nome', '2026/2027;Il Girasole;1A', '2026/2027;Il Girasole;1B'],
  'servizi.csv': ['codice;nome', 'school_meals;Refezione scolastica'],
  'tariffe.csv': [
    'servizio;nome;prezzo;dal;al',
    'school_meals;Intera;5,00;01/09/2020;31/08/2026',
    'school_meals;Intera;5,20;01/09/2026;',
  ],
  'intestatari.csv': ['codice_fiscale;cognome;nome', `${PARENT};Prova;Zefiro`],
  'alunni.csv': [
    'codice_fiscale;cognome;nome;anno_scolastico;scuola;classe;dieta;data_nascita;sesso;comune_nascita;provincia_nascita',
    `${CHILD};Prova;Nembo;2026/2027;Il Girasole;1A;GF;01/02/2018;M;Roccainventata;EE`,
    `${SIBLING};Prova;Però;2026/2027;Il Girasole;1B;;;;;`,
  ],
  'nuclei.csv': [
    'nucleo;codice_fiscale_alunno;codice_fiscale_intestatario',
    `F-1;${CHILD};${PARENT}`,
    `F-1;${SIBLING};${PARENT}`,
  ],
  'iscrizioni.csv': [
    'codice_fiscale_alunno;servizio;anno_scolastico;codice_fiscale_intestatario;tariffa;pagamento;fido;dal;al',
    `${CHILD};school_meals;2026/2027;${PARENT};Intera;prepagato;10,00;01/09/2026;31/08/2027`,
    `${SIBLING};school_meals;2026/2027;${PARENT};Intera;fattura;;01/09/2026;31/08/2027`,
  ],
  'badge.csv': [
    'numero;codice_fiscale_alunno;dal;al',
    `0A00000001;${CHILD};01/09/2026;`,
    `0A00000002;${SIBLING};01/09/2026;`,
  ],
};

type Files = Readonly<Record<string, readonly string[] | string | Buffer | null>>;

/** Writes the good files with these changes; null leaves a file out. */
async function write(changes: Files = {}, base: Files = GOOD): Promise<void> {
  for (const [name, content] of Object.entries({ ...base, ...changes })) {
    if (content === null) await rm(join(folder, name), { force: true });
    else {
      const lines = Array.isArray(content) ? `${content.join('\r\n')}\r\n` : (content as string | Buffer);
      await writeFile(join(folder, name), lines);
    }
  }
}

const run = (isDryRun = false, onProgress: Parameters<typeof importFolder>[1]['onProgress'] = () => undefined) =>
  importFolder(deps(), {
    municipalityId: numberId(municipality),
    folder,
    otherFiles: [],
    isDryRun,
    editor: 'prova',
    onProgress,
  });

async function faultsOf(changes: Files): Promise<readonly string[]> {
  await write(changes);
  const before = await everything();
  const report = await run();
  expect(report.isStored).toBe(false);
  expect(await everything()).toEqual(before);
  expect(announced).toEqual([]);
  expect(report.faultCount).toBe(report.faults.length);
  // Every sentence can be written, and no fault holds what a cell said of a person.
  const sentences = report.faults.map(sentenceOf).join('\n');
  for (const secret of [CHILD, PARENT, 'Nembo', 'Zefiro', 'GF']) expect(sentences).not.toContain(secret);
  return report.faults.map(({ fileName, line, column, kind }) => `${fileName} ${line} ${column} ${kind}`);
}

/** Every row of the municipality. */
async function everything(): Promise<unknown> {
  const tables = ['schools', 'school_years', 'classes', 'services', 'tariffs', 'tariff_prices', 'guardians', 'pupils'];
  const rows: unknown[] = [];
  const households = ['households', 'household_pupils', 'household_guardians'];
  for (const table of [
    ...tables,
    ...households,
    'documents',
    'enrolments',
    'badges',
    'badge_changes',
    'municipalities',
  ]) {
    const { rows: found } = await database.query<object>({
      name: `all_${table}`,
      text: `select * from ${table} where municipality_id = $1 order by ${table}::text`,
      values: [municipality],
    });
    rows.push(found);
  }
  return rows;
}

const dietsToday = ({ diets }: DirectoryPupil) => dietCodeOn(diets, serviceDateAt(new Date()));

const directory = async () =>
  (
    (await directoryReads(database, openFieldCipher(KEY)).listChanges(numberId(municipality), 0, 100))?.pupils ?? []
  ).toSorted((one, other) => one.displayName.localeCompare(other.displayName));

test('good files are stored, all of them, and told to the readers of the directory once', async () => {
  await write();
  const progress: number[] = [];
  const report = await run(false, ({ bytesRead, bytesTotal }) => progress.push(bytesRead / bytesTotal));
  expect(report).toMatchObject({ isStored: true, faultCount: 0, diets: { addedCount: 1, removedCount: 0 } });
  expect(report.files.map(({ rows, changed }) => [rows, changed])).toEqual([
    [1, 1],
    [1, 1],
    [2, 2],
    [1, 1],
    [2, 1],
    [1, 1],
    [2, 2],
    [2, 1],
    [2, 2],
    [2, 2],
  ]);
  const pupils = await directory();
  expect(pupils.map((pupil) => [pupil.displayName, dietsToday(pupil), pupil.className])).toEqual([
    ['Nembo Prova', 'GF', '1A'],
    ['Però Prova', '', '1B'],
  ]);
  expect(pupils[0]?.badges).toMatchObject([{ badgeNumber: '0A00000001', blocked: false }]);
  expect(pupils[0]?.enrolments).toMatchObject([
    { service: 'school_meals', paymentMode: 'prepaid', overdraftCents: 1_000 },
  ]);
  expect(announced).toHaveLength(1);
  expect(progress.at(-1)).toBe(1);
});

test('the same files a second time change nothing', async () => {
  await write();
  await run();
  const before = await everything();
  announced = [];
  const report = await run();
  expect(report.isStored).toBe(true);
  expect(report.files.map(({ changed }) => changed)).toEqual(Array(Object.keys(GOOD).length).fill(0));
  expect(await everything()).toEqual(before);
  expect(announced).toEqual([]);
});

test('a dry run tells what would change and changes nothing', async () => {
  await write();
  const before = await everything();
  const report = await run(true);
  expect(report).toMatchObject({ isStored: false, faultCount: 0, diets: { addedCount: 1 } });
  expect(report.files.find(({ fileName }) => fileName === 'alunni.csv')).toMatchObject({ rows: 2, changed: 2 });
  expect(await everything()).toEqual(before);
});

test('files may come alone, and refer to what is stored', async () => {
  await write();
  await run();
  for (const name of Object.keys(GOOD)) await rm(join(folder, name));
  await write({}, { 'badge.csv': ['numero;codice_fiscale_alunno;dal;al', `0A00000009;${CHILD};01/10/2026;`] });
  expect(await run()).toMatchObject({ isStored: true });
  expect((await directory()).find((pupil) => pupil.displayName === 'Nembo Prova')?.badges).toHaveLength(2);
});

test('no diet, birth or residence goes because a file does not tell it; a diet goes only by its word', async () => {
  await write();
  await run();
  const heading = 'codice_fiscale;cognome;nome;anno_scolastico;scuola;classe';
  const row = `${CHILD};Prova;Nembo;2026/2027;Il Girasole;1A`;
  await write({ 'alunni.csv': [heading, row] });
  expect(await run()).toMatchObject({ isStored: true, diets: { removedCount: 0 } });
  await write({ 'alunni.csv': [`${heading};dieta`, `${row};`] });
  expect(await run()).toMatchObject({ isStored: true, diets: { removedCount: 0 } });
  expect((await directory()).map(dietsToday).sort()).toEqual(['', 'GF']);
  const { rows } = await database.query<{ birth: object | null }>({
    name: 'births',
    text: 'select birth from pupils where municipality_id = $1 and codice_fiscale = $2',
    values: [municipality, CHILD],
  });
  expect(rows[0]?.birth).toMatchObject({ municipality: 'Roccainventata' });
  await write({ 'alunni.csv': [`${heading};dieta`, `${row};nessuna`] });
  expect(await run()).toMatchObject({ isStored: true, diets: { removedCount: 1 } });
  expect((await directory()).map(dietsToday)).toEqual(['', '']);
});

describe('diete.csv', () => {
  const heading = 'codice_fiscale_alunno;codice;tipo;dal;al;riferimento';
  const ordinary = { 'alunni.csv': (GOOD['alunni.csv'] ?? []).map((line) => line.replace(';GF;', ';;')) };
  const dietFile = (...rows: readonly string[]): Files => ({ ...ordinary, 'diete.csv': [heading, ...rows] });
  const dietsOf = async (name: string) =>
    (await directory())
      .find(({ displayName }) => displayName === name)
      ?.diets.map(({ dietCode, validity }) => `${dietCode} ${validity.from} ${validity.until}`);

  test('tells diets with their days; days that it does not tell keep what they had, and again changes nothing', async () => {
    await write();
    await run();
    const file = dietFile(
      `${CHILD};GF;salute;01/09/2026;31/08/2027;prot. 123/2026`,
      `${CHILD};NESSUNA;;01/09/2027;31/08/2028;`,
      `${SIBLING};NP;etica;01/09/2026;;dich. 7`,
    );
    await write(file);
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0, diets: { addedCount: 1, removedCount: 1 } });
    expect(await dietsOf('Nembo Prova')).toEqual(['GF 2000-01-01 2027-08-31', 'GF 2028-09-01 null']);
    expect(await dietsOf('Però Prova')).toEqual(['NP 2026-09-01 null']);
    const before = await everything();
    const again = await run();
    expect(again.files.map(({ changed }) => changed)).toEqual(Array(Object.keys(GOOD).length + 1).fill(0));
    expect(await everything()).toEqual(before);
  });

  test.each<[string, Files, readonly string[]]>([
    [
      'inverted days',
      dietFile(`${CHILD};GF;salute;01/09/2026;01/08/2026;prot. 1`),
      ['diete.csv 2 al inverted_validity'],
    ],
    [
      'two diets on one day, in the row of the later one',
      dietFile(`${CHILD};GF;salute;01/09/2026;;prot. 1`, `${CHILD};LF;salute;01/10/2026;;prot. 2`),
      ['diete.csv 3 dal overlapping_validity'],
    ],
    [
      'a diet of health without its certificate',
      dietFile(`${SIBLING};GF;salute;01/09/2026;;p`, `${CHILD};GF;salute;01/09/2026;;`),
      ['diete.csv 3 riferimento missing_certificate'],
    ],
    ['a kind that is none', dietFile(`${CHILD};GF;moda;01/09/2026;;`), ['diete.csv 2 tipo not_a_choice']],
    ['a diet without a kind', dietFile(`${CHILD};GF;;01/09/2026;;`), ['diete.csv 2 tipo missing_value']],
    [
      'a light diet of a month',
      dietFile(`${CHILD};IB;leggera;01/09/2026;30/09/2026;`),
      ['diete.csv 2 al light_diet_too_long'],
    ],
    [
      'an unknown pupil',
      dietFile(`${PARENT};GF;etica;01/09/2026;;x`),
      ['diete.csv 2 codice_fiscale_alunno unknown_reference'],
    ],
    [
      'a diet that alunni.csv tells as well',
      { 'diete.csv': [heading, `${CHILD};GF;salute;01/09/2026;;prot. 1`] },
      ['alunni.csv 2 dieta diet_told_twice'],
    ],
  ])('is refused for %s', async (_what, changes, faults) => {
    expect(await faultsOf(changes)).toEqual(faults);
  });
});

test('a reduction lowers what the meals cost while it holds, stays when it is not told, and goes by 0', async () => {
  await write();
  await run();
  const [heading = '', first = '', second = ''] = GOOD['iscrizioni.csv'] ?? [];
  const more = 'riduzione;motivo_riduzione;riduzione_dal;riduzione_al;email_fatture';
  const pricesOf = async () =>
    (await directory())[0]?.enrolments[0]?.prices.map(({ priceCents, validity }) => [priceCents, validity.from]);
  await write({ 'iscrizioni.csv': [`${heading};${more}`, `${first};25 %;fratelli;01/01/2027;;a@esempio.example`] });
  expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
  const reduced = [
    [500, '2020-09-01'],
    [520, '2026-09-01'],
    [390, '2027-01-01'],
  ];
  expect(await pricesOf()).toEqual(reduced);
  await write({ 'iscrizioni.csv': [heading, first, second] });
  expect((await run()).files.find(({ fileName }) => fileName === 'iscrizioni.csv')).toMatchObject({ changed: 0 });
  expect(await pricesOf()).toEqual(reduced);
  await write({ 'iscrizioni.csv': [`${heading};${more}`, `${first};0;;;;`] });
  expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
  expect(await pricesOf()).toEqual(reduced.slice(0, 2));
});

describe('documenti.csv', () => {
  const PDF = Buffer.from('%PDF-1.7\n%prova\n');
  const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const heading = 'codice_fiscale_alunno;tipo;titolo;file';
  const lines = (...rows: readonly string[]): Files => ({ 'documenti.csv': [heading, ...rows] });
  const attach = async (name: string, bytes: Buffer) => {
    await mkdir(join(folder, 'documenti'), { recursive: true });
    await writeFile(join(folder, 'documenti', name), bytes);
  };
  const stored = async () =>
    (await readdir(join(documentFolder, String(municipality)), { recursive: true }).catch(() => [])).length;
  const filed = async () =>
    (
      await database.query<{ title: string; kind: string; media_type: string; added_by: string }>({
        text: 'select title, kind, media_type, added_by from documents where municipality_id = $1 and removed_at is null order by title',
        values: [municipality],
      })
    ).rows;

  test('files documents with the rest, once, however often it is imported', async () => {
    await attach('modulo.pdf', PDF);
    await attach('foto.png', PNG);
    await write(lines(`${CHILD};modulo;Modulo di iscrizione;modulo.pdf`, `${SIBLING};;Foto;foto.png`));
    expect(await run(true)).toMatchObject({ isStored: false, faultCount: 0 });
    expect(await stored()).toBe(0);
    const report = await run();
    expect(report.files.at(-1)).toEqual({ fileName: 'documenti.csv', rows: 2, changed: 2 });
    expect(await filed()).toEqual([
      { title: 'Foto', kind: 'other', media_type: 'image/png', added_by: 'prova' },
      { title: 'Modulo di iscrizione', kind: 'form', media_type: 'application/pdf', added_by: 'prova' },
    ]);
    expect(await stored()).toBe(2);
    expect((await run()).files.at(-1)).toMatchObject({ rows: 2, changed: 0 });
    // What the office has taken out since stays out.
    await database.query({
      text: `update documents set removed_at = now(), removed_by = 'prova' where municipality_id = $1 and title = 'Foto'`,
      values: [municipality],
    });
    expect((await run()).files.at(-1)).toMatchObject({ changed: 0 });
    expect(await filed()).toHaveLength(1);
  });

  test('files nothing, not even bytes, where any file has a fault', async () => {
    await attach('modulo.pdf', PDF);
    const faults = await faultsOf({
      ...lines(`${CHILD};modulo;Modulo;modulo.pdf`),
      ...changed('badge.csv', 2, '01/09/2026', 'ieri'),
    });
    expect(faults).toEqual(['badge.csv 2 dal not_a_day']);
    expect(await stored()).toBe(0);
  });

  test.each<[string, string, Buffer, string]>([
    [
      'that is a program under the name of a PDF',
      'modulo.pdf',
      Buffer.from('MZ\x90\x00\x03\x00\x00\x00'),
      'file document_type',
    ],
    ['that is a picture under the name of a PDF', 'modulo.pdf', PNG, 'file document_lies'],
    ['that is a page of the web', 'modulo.html', Buffer.from('<html><script>1</script></html>'), 'file document_type'],
    ['without a byte', 'modulo.pdf', Buffer.alloc(0), 'file empty_document'],
  ])('refuses a document %s', async (_what, name, bytes, fault) => {
    await attach(name, bytes);
    expect(await faultsOf(lines(`${CHILD};modulo;Modulo;${name}`))).toEqual([`documenti.csv 2 ${fault}`]);
  });

  test.each([
    ['of a pupil that there is not', `${PARENT};modulo;Modulo;modulo.pdf`, 'codice_fiscale_alunno unknown_reference'],
    ['that is not in the folder', `${CHILD};modulo;Modulo;altro.pdf`, 'file missing_document'],
    ['outside of the folder', `${CHILD};modulo;Modulo;../scuole.csv`, 'file missing_document'],
    ['of a kind that is none', `${CHILD};romanzo;Modulo;modulo.pdf`, 'tipo not_a_choice'],
    ['without a title', `${CHILD};modulo;;modulo.pdf`, 'titolo missing_value'],
  ])('refuses a document %s', async (_what, row, fault) => {
    await attach('modulo.pdf', PDF);
    expect(await faultsOf(lines(row))).toEqual([`documenti.csv 2 ${fault}`]);
  });

  test('refuses a document of more than 10 MB without reading it', async () => {
    await attach('modulo.pdf', PDF);
    await truncate(join(folder, 'documenti', 'modulo.pdf'), 2 * 1024 ** 3);
    const faults = await faultsOf(lines(`${CHILD};modulo;Modulo;modulo.pdf`));
    expect(faults).toEqual(['documenti.csv 2 file document_too_large']);
  });
});

describe('invoices by post', () => {
  const heading = 'fatture_presso;fatture_indirizzo;fatture_cap;fatture_comune;fatture_provincia';
  const file = (cells: string): Files => ({
    'iscrizioni.csv': [`${GOOD['iscrizioni.csv']?.[0]};${heading}`, `${GOOD['iscrizioni.csv']?.[1]};${cells}`],
  });
  const addresses = async () =>
    (
      await database.query<{ invoice_address: object | null }>({
        text: 'select invoice_address from enrolments where municipality_id = $1 and invoice_address is not null',
        values: [municipality],
      })
    ).rows;

  test('go where the row says, stay where it says nothing, and stop by the word', async () => {
    await write(file('Zefiro Prova;Via della Fantasia 1;00000;Vallefinta;ee'));
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
    expect(await addresses()).toMatchObject([{ invoice_address: { recipient: 'Zefiro Prova', province: 'EE' } }]);
    await write(file(';;;;'));
    await run();
    expect(await addresses()).toHaveLength(1);
    await write(file('nessuno;;;;'));
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
    expect(await addresses()).toEqual([]);
  });

  test.each([
    ['half an address', 'Zefiro Prova;;00000;Vallefinta;EE', 'fatture_indirizzo incomplete_group'],
    ['a C.A.P. without its zeros', 'Zefiro Prova;Via 1;118;Vallefinta;EE', 'fatture_cap lost_zeros'],
  ])('are refused to %s', async (_what, cells, fault) => {
    expect((await faultsOf(file(cells)))[0]).toBe(`iscrizioni.csv 2 ${fault}`);
  });
});

describe('ISEE bands', () => {
  const bandHeading = 'servizio;tariffa;dal;isee_da;isee_fino_a;prezzo';
  const bands = (...rows: readonly string[]): Files => ({ 'fasce_isee.csv': [bandHeading, ...rows] });
  const LOW = 'school_meals;Intera;01/09/2026;0;7500,00;1,50';
  const MIDDLE = 'school_meals;Intera;01/09/2026;7500,01;15000;3,50';
  const isee = (...rows: readonly string[]): Files => ({
    ...bands(MIDDLE, LOW),
    'attestazioni_isee.csv': ['nucleo;isee;dal;al;riferimento', ...rows],
  });
  const CERTIFIED = 'F-1;8400,00;01/09/2026;31/08/2027;INPS-ISEE-2026-1';
  const pricesOf = async () =>
    (await directory())[1]?.enrolments[0]?.prices.map(({ priceCents, validity }) => [priceCents, validity.from]);

  test('make the price of who is certified, while it holds; again changes nothing', async () => {
    await write(isee(CERTIFIED, 'F-1;5000;01/01/2027;31/01/2027;INPS-ISEE-2026-2'.replace('F-1', 'f-1')));
    expect((await run()).faults.map(({ kind }) => kind)).toEqual(['overlapping_validity']);
    await write(isee(CERTIFIED));
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
    expect(await pricesOf()).toEqual([
      [500, '2020-09-01'],
      [350, '2026-09-01'],
      [520, '2027-09-01'],
    ]);
    const before = await everything();
    expect((await run()).files.every((file) => file.changed === 0)).toBe(true);
    expect(await everything()).toEqual(before);
    // A new certification alone, and one that is revoked.
    await write(isee('F-1;5000;01/01/2027;31/01/2027;INPS-ISEE-2026-2', 'F-1;NESSUNA;01/06/2027;31/08/2027;'));
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
    expect(await pricesOf()).toEqual([
      [500, '2020-09-01'],
      [350, '2026-09-01'],
      [150, '2027-01-01'],
      [350, '2027-02-01'],
      [520, '2027-06-01'],
    ]);
    const { rows } = await database.query<{ whole: string }>({
      text: 'select row_to_json(households)::text as whole from households where municipality_id = $1',
      values: [municipality],
    });
    expect(rows.map(({ whole }) => whole).join()).not.toMatch(/INPS|840000/);
  });

  test.each<[string, Files, readonly string[]]>([
    [
      'a gap between two bands',
      bands(LOW, MIDDLE.replace('7500,01', '7500,02')),
      ['fasce_isee.csv 3 isee_da band_gap'],
    ],
    [
      'two bands for one ISEE',
      bands(LOW, MIDDLE.replace('7500,01', '7000')),
      ['fasce_isee.csv 3 isee_da overlapping_bands'],
    ],
    ['a band of no price', bands(LOW.replace('09/2026', '10/2026')), ['fasce_isee.csv 2 dal unknown_reference']],
    ['an unknown tariff', bands(LOW.replace('Intera', 'Mai vista')), ['fasce_isee.csv 2 tariffa unknown_reference']],
    ['a band dearer than the full price', bands(LOW.replace('1,50', '6,00')), ['fasce_isee.csv 2 prezzo malformed']],
    [
      'an ISEE with a point for thousands',
      isee(CERTIFIED.replace('8400,00', '8.400,00')),
      ['attestazioni_isee.csv 2 isee not_an_amount'],
    ],
    [
      'an unknown household',
      isee(CERTIFIED.replace('F-1', 'F-9')),
      ['attestazioni_isee.csv 2 nucleo unknown_reference'],
    ],
    [
      'a certification without an end',
      isee(CERTIFIED.replace('31/08/2027', '')),
      ['attestazioni_isee.csv 2 al missing_value'],
    ],
    [
      'inverted days',
      isee(CERTIFIED.replace('31/08/2027', '31/08/2025')),
      ['attestazioni_isee.csv 2 al inverted_validity'],
    ],
  ])('are refused for %s', async (_what, changes, faults) => {
    expect(await faultsOf(changes)).toEqual(faults);
  });
});

describe('nuclei.csv', () => {
  const membersOf = async () =>
    (
      await database.query<{ count: number }>({
        text: 'select count(*) from household_pupils where municipality_id = $1',
        values: [municipality],
      })
    ).rows[0]?.count;

  test('adds who is new to a household that is known, and takes nobody out', async () => {
    await write({ 'nuclei.csv': [GOOD['nuclei.csv']?.[0] ?? '', `F-1;${CHILD};${PARENT}`] });
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
    await write({ 'nuclei.csv': ['nucleo;codice_fiscale_alunno', `f-1;${SIBLING}`] });
    const report = await run();
    expect(report.files.find(({ fileName }) => fileName === 'nuclei.csv')).toMatchObject({ rows: 1, changed: 1 });
    expect(await membersOf()).toBe(2);
  });

  const withReduction = (first: string, second: string): Files => ({
    'iscrizioni.csv': [
      `${GOOD['iscrizioni.csv']?.[0]};riduzione;motivo_riduzione;riduzione_dal`,
      `${GOOD['iscrizioni.csv']?.[1]};${first}`,
      `${GOOD['iscrizioni.csv']?.[2]};${second}`,
    ],
  });

  test('lets siblings pay less, in whichever order their enrolments come', async () => {
    await write(withReduction('20;fratelli;01/09/2026', '20;fratelli;01/09/2026'));
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
    expect((await run()).files.map(({ changed }) => changed)).toEqual(Array(Object.keys(GOOD).length).fill(0));
  });

  test.each<[string, Files, readonly string[]]>([
    [
      'a reduction for siblings without a household',
      { ...withReduction('20;fratelli;01/09/2026', ';;'), 'nuclei.csv': null },
      ['iscrizioni.csv 2 riduzione, motivo_riduzione, riduzione_dal, riduzione_al no_sibling'],
    ],
    [
      'a pupil in two households',
      { 'nuclei.csv': [GOOD['nuclei.csv']?.[0] ?? '', `F-1;${CHILD};`, `F-2;${CHILD};`] },
      [
        'nuclei.csv 2 codice_fiscale_alunno pupil_of_other_household',
        'nuclei.csv 3 codice_fiscale_alunno pupil_of_other_household',
      ],
    ],
    [
      'an unknown payer',
      changed('nuclei.csv', 2, PARENT, codiceFiscale(9)),
      ['nuclei.csv 2 codice_fiscale_intestatario unknown_reference'],
    ],
  ])('is refused for %s', async (_what, changes, faults) => {
    expect(await faultsOf(changes)).toEqual(faults);
  });
});

test.each([
  ['101;fratelli;01/09/2026;', 'riduzione not_a_percentage'],
  ['20;amicizia;01/09/2026;', 'motivo_riduzione not_a_choice'],
  ['20;fratelli;;', 'riduzione_dal incomplete_group'],
])('a reduction of %s is refused', async (cells, fault) => {
  const [heading = '', first = ''] = GOOD['iscrizioni.csv'] ?? [];
  const lines = [`${heading};riduzione;motivo_riduzione;riduzione_dal;riduzione_al`, `${first};${cells}`];
  expect(await faultsOf({ 'iscrizioni.csv': lines })).toEqual([`iscrizioni.csv 2 ${fault}`]);
});

test('a new price is added to the prices that a tariff had', async () => {
  await write();
  await run();
  await write({
    'tariffe.csv': [
      'servizio;nome;prezzo;dal;al',
      'school_meals;Intera;5,20;01/09/2026;31/12/2026',
      'school_meals;Intera;5,50;01/01/2027;',
    ],
  });
  expect(await run()).toMatchObject({ isStored: true });
  const { rows } = await database.query<{ price_cents: number }>({
    name: 'prices',
    text: 'select price_cents from tariff_prices where municipality_id = $1 order by valid_from',
    values: [municipality],
  });
  expect(rows.map((row) => row.price_cents)).toEqual([500, 520, 550]);
});

const text = (name: string) => `${GOOD[name]?.join('\r\n')}\r\n`;

describe('a file is read as offices export it:', () => {
  test.each<[string, Files]>([
    ['Windows-1252', { 'alunni.csv': Buffer.from(text('alunni.csv'), 'latin1') }],
    ['UTF-8 with a mark', { 'alunni.csv': `\ufeff${text('alunni.csv')}` }],
    ['UTF-16 with a mark', { 'alunni.csv': Buffer.from(`\ufeff${text('alunni.csv')}`, 'utf16le') }],
    ['commas', { 'alunni.csv': text('alunni.csv').replaceAll(';', ',') }],
    ['tabs', { 'alunni.csv': text('alunni.csv').replaceAll(';', '\t') }],
    ['line feeds alone', { 'alunni.csv': text('alunni.csv').replaceAll('\r\n', '\n') }],
    ['values in quotes', { 'alunni.csv': text('alunni.csv').replaceAll('Il Girasole', '"Il Girasole"') }],
    [
      'empty columns and rows at the end',
      { 'alunni.csv': `${text('alunni.csv').replaceAll('\r\n', ';;\r\n')};;;;;;;;;;;;\r\n` },
    ],
    ['headings as people write them', { 'alunni.csv': text('alunni.csv').replace('codice_fiscale', 'Codice Fiscale') }],
    ['codici fiscali in lower case', { 'alunni.csv': text('alunni.csv').replace(CHILD, CHILD.toLowerCase()) }],
    ['names in other case', { 'alunni.csv': text('alunni.csv').replaceAll('Il Girasole', 'IL  GIRASOLE') }],
    ['days with hyphens', { 'badge.csv': text('badge.csv').replaceAll('01/09/2026', '2026-09-01') }],
  ])('%s', async (_what, changes) => {
    await write(changes);
    expect(await run()).toMatchObject({ isStored: true, faultCount: 0 });
    const pupils = await directory();
    expect(pupils.map(({ displayName, className }) => `${displayName} ${className}`)).toEqual([
      'Nembo Prova 1A',
      'Però Prova 1B',
    ]);
  });
});

/** The good file with one of its lines changed. */
function changed(name: string, line: number, from: string, to: string): Files {
  return { [name]: (GOOD[name] ?? []).map((one, index) => (index === line - 1 ? one.replace(from, to) : one)) };
}
const spoiled = (name: string, content: string | Buffer): Files => ({ [name]: content });

describe('a broken file changes nothing, and every fault is told by file, line and column:', () => {
  test.each<[string, Files, readonly string[]]>([
    [
      'an unknown school',
      changed('alunni.csv', 2, 'Il Girasole', 'Altrove'),
      ['alunni.csv 2 classe unknown_reference'],
    ],
    [
      'an unknown payer',
      changed('iscrizioni.csv', 2, PARENT, codiceFiscale(9)),
      ['iscrizioni.csv 2 codice_fiscale_intestatario unknown_reference'],
    ],
    [
      'a wrong codice fiscale, and nothing of who refers to it',
      changed('alunni.csv', 2, CHILD, `${CHILD.slice(0, 15)}${CHILD.endsWith('A') ? 'B' : 'A'}`),
      [
        'alunni.csv 2 codice_fiscale invalid_codice_fiscale',
        'nuclei.csv 2 codice_fiscale_alunno unknown_reference',
        'iscrizioni.csv 2 codice_fiscale_alunno unknown_reference',
        'badge.csv 2 codice_fiscale_alunno unknown_reference',
      ],
    ],
    [
      'one codice fiscale twice',
      changed('alunni.csv', 3, SIBLING, CHILD),
      [
        'alunni.csv 3  repeated_row',
        'nuclei.csv 3 codice_fiscale_alunno unknown_reference',
        'iscrizioni.csv 3 codice_fiscale_alunno unknown_reference',
        'badge.csv 3 codice_fiscale_alunno unknown_reference',
      ],
    ],
    [
      'two holders of one badge',
      changed('badge.csv', 3, '0A00000002', '0A00000001'),
      ['badge.csv 2 numero badge_held', 'badge.csv 3 numero badge_held'],
    ],
    ['a day that there is not', changed('badge.csv', 2, '01/09/2026', '31/09/2026'), ['badge.csv 2 dal not_a_day']],
    [
      'a day as a spreadsheet counts it',
      changed('badge.csv', 2, '01/09/2026', '46266'),
      ['badge.csv 2 dal spreadsheet_day'],
    ],
    ['a year of two digits', changed('badge.csv', 2, '01/09/2026', '01/09/26'), ['badge.csv 2 dal two_digit_year']],
    [
      'a badge as a spreadsheet shortens it',
      changed('badge.csv', 2, '0A00000001', '1,23E+11'),
      ['badge.csv 2 numero scientific_number'],
    ],
    [
      'inverted days',
      changed('iscrizioni.csv', 2, '31/08/2027', '01/08/2026'),
      ['iscrizioni.csv 2 al inverted_validity'],
    ],
    [
      'an enrolment beyond its year',
      changed('iscrizioni.csv', 2, '31/08/2027', '31/12/2027'),
      ['iscrizioni.csv 2 al outside_school_year'],
    ],
    [
      'an enrolment with days without a price',
      changed('tariffe.csv', 3, '5,20;01/09/2026;', '5,20;01/09/2026;31/12/2026'),
      ['iscrizioni.csv 2 tariffa days_without_price', 'iscrizioni.csv 3 tariffa days_without_price'],
    ],
    ['a price that is none', changed('tariffe.csv', 2, '5,00', 'cinque'), ['tariffe.csv 2 prezzo not_an_amount']],
    ['prices that overlap', changed('tariffe.csv', 2, '31/08/2026', ''), ['tariffe.csv 2  overlapping_validity']],
    [
      'a word that is no choice',
      changed('iscrizioni.csv', 2, 'prepagato', 'gratis'),
      ['iscrizioni.csv 2 pagamento not_a_choice'],
    ],
    ['half a birth', changed('alunni.csv', 2, ';M;', ';;'), ['alunni.csv 2 sesso incomplete_group']],
    ['a missing value', changed('alunni.csv', 2, 'Prova', ''), ['alunni.csv 2 cognome missing_value']],
    ['a row of too few columns', changed('badge.csv', 2, ';01/09/2026;', ''), ['badge.csv 2  column_count']],
    [
      'a missing column',
      changed('badge.csv', 1, ';dal', ';dal_giorno'),
      ['badge.csv 1 dal_giorno unknown_column', 'badge.csv 1 dal missing_column'],
    ],
    ['a column twice', changed('badge.csv', 1, ';al', ';dal'), ['badge.csv 1 dal repeated_column']],
    ['300 columns', spoiled('badge.csv', `${'x;'.repeat(299)}x\r\n`), ['badge.csv 1  too_many_columns']],
    [
      'a file cut in the middle of a row',
      spoiled('badge.csv', text('badge.csv').slice(0, -15)),
      ['badge.csv 0  cut_off', 'badge.csv 3  column_count'],
    ],
    [
      'a file cut at the end of its last row',
      spoiled('badge.csv', text('badge.csv').slice(0, -2)),
      ['badge.csv 0  cut_off'],
    ],
    ['quotes that never close', changed('badge.csv', 2, '0A00000001', '"0A00000001'), ['badge.csv 2  unclosed_quote']],
    ['quotes within a value', changed('badge.csv', 2, '0A00000001', '0A"00000001'), ['badge.csv 2  stray_quote']],
    ['an empty file', spoiled('badge.csv', ''), ['badge.csv 0  empty_file']],
    [
      'a workbook',
      spoiled('badge.csv', Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(100)])),
      ['badge.csv 0  spreadsheet'],
    ],
    ['a file of another name', spoiled('alunni2.csv', 'x'), ['alunni2.csv 0  unknown_file']],
  ])('%s', async (_what, changes, faults) => {
    expect(await faultsOf(changes)).toEqual(faults);
  });

  test('lost zeros of a C.A.P.', async () => {
    const heading = `${GOOD['alunni.csv']?.[0]?.split(';').slice(0, 6).join(';')};comune;cap;provincia;indirizzo;civico`;
    const row = `${CHILD};Prova;Nembo;2026/2027;Il Girasole;1A;Vallefinta;123;EE;Via della Fantasia;1`;
    const faults = await faultsOf({
      ...{ 'alunni.csv': [heading, row], 'nuclei.csv': null, 'iscrizioni.csv': null, 'badge.csv': null },
    });
    expect(faults).toEqual(['alunni.csv 2 cap lost_zeros']);
  });

  test('all faults of all files in one run', async () => {
    const faults = await faultsOf({
      ...changed('tariffe.csv', 2, '5,00', 'cinque'),
      ...changed('alunni.csv', 3, '1B', '9Z'),
      ...changed('badge.csv', 2, '01/09/2026', 'ieri'),
    });
    expect(faults).toEqual([
      'tariffe.csv 2 prezzo not_an_amount',
      'alunni.csv 3 classe unknown_reference',
      'badge.csv 2 dal not_a_day',
    ]);
  });

  test('two gigabytes are refused before they are read, and nothing else is called faulty for it', async () => {
    await write();
    await truncate(join(folder, 'alunni.csv'), 2 * 1024 ** 3);
    const read: number[] = [];
    const report = await run(false, ({ bytesRead }) => read.push(bytesRead));
    expect(report).toMatchObject({ isStored: false, faultCount: 1 });
    expect(report.faults.map(sentenceOf)).toEqual([
      'alunni.csv: il file supera 512 MB: dividerlo, o controllare che sia quello giusto',
    ]);
    expect(Math.max(...read)).toBeLessThan(10_000);
  });

  test('a municipality that there is not', async () => {
    await write();
    const report = await importFolder(deps(), {
      ...{ municipalityId: numberId<MunicipalityId>(9_999), folder, otherFiles: [], isDryRun: false, editor: 'prova' },
      onProgress: () => undefined,
    });
    expect(report.faults).toMatchObject([{ kind: 'unknown_municipality' }]);
  });
});

describe('what the office reads of', () => {
  const pupilsCut = (marker: string, more = 0) => {
    const bytes = Buffer.from(text('alunni.csv'));
    return spoiled('alunni.csv', bytes.subarray(0, bytes.indexOf(marker) + more));
  };
  const residence = (postalCode: string): Files => ({
    'alunni.csv': [
      'codice_fiscale;cognome;nome;anno_scolastico;scuola;classe;comune;cap;provincia;indirizzo;civico',
      `${CHILD};Prova;Nembo;2026/2027;Il Girasole;1A;Vallefinta;${postalCode};EE;Via della Fantasia;1`,
      `${SIBLING};Prova;Però;2026/2027;Il Girasole;1B;;;;;`,
    ],
  });
  const CUT_OFF = 'l’ultima riga non termina con un a capo: il file può essere troncato. Esportarlo di nuovo';

  test.each<[string, Files, readonly string[]]>([
    [
      'a day that a spreadsheet has made a number of',
      changed('badge.csv', 2, '01/09/2026', '46266'),
      [
        'badge.csv, riga 2, colonna dal: è il numero con cui un foglio di calcolo scrive 01/09/2026: dare alla colonna il formato data gg/mm/aaaa ed esportare di nuovo',
      ],
    ],
    [
      'a C.A.P. whose zeros a spreadsheet has lost',
      residence('118'),
      [
        'alunni.csv, riga 2, colonna cap: mancano cifre: il foglio di calcolo può aver tolto gli zeri iniziali. Dare alla colonna il formato testo',
      ],
    ],
    [
      'one codice fiscale twice',
      { 'alunni.csv': [...(GOOD['alunni.csv'] ?? []), GOOD['alunni.csv']?.[1] ?? ''] },
      ['alunni.csv, riga 4: la stessa riga c’è già alla riga 2: toglierne una'],
    ],
    [
      'an unknown school',
      changed('alunni.csv', 2, 'Il Girasole', 'Altrove'),
      ['alunni.csv, riga 2, colonna classe: non c’è in nessun file di questa importazione e non è già registrato'],
    ],
    [
      'two holders of one badge',
      changed('badge.csv', 3, '0A00000002', '0A00000001'),
      [2, 3].map(
        (line) =>
          `badge.csv, riga ${line}, colonna numero: questo badge è già in uso per un altro alunno: bloccare prima quello`,
      ),
    ],
    [
      '300 columns',
      spoiled('badge.csv', `${'x;'.repeat(299)}x\r\n`),
      ['badge.csv, riga 1: il file ha più di 100 colonne: controllare il separatore e che sia il file giusto'],
    ],
    [
      'a file that is cut in the middle of a row',
      pupilsCut(';Il Girasole;1B'),
      [
        `alunni.csv: ${CUT_OFF}`,
        'alunni.csv, riga 3: la riga non ha 11 colonne come la prima: controllare separatori e virgolette',
      ],
    ],
    [
      'a file that is cut in the middle of a letter of two bytes',
      pupilsCut('ò', 1),
      [
        `alunni.csv: ${CUT_OFF}`,
        'alunni.csv, riga 3: la riga non ha 11 colonne come la prima: controllare separatori e virgolette',
      ],
    ],
    [
      'a file that is cut in the middle of a value in quotes',
      spoiled('scuole.csv', 'nome\r\n"Il Gira'),
      [`scuole.csv: ${CUT_OFF}`, 'scuole.csv, riga 2: virgolette aperte e mai chiuse: il file può essere troncato'],
    ],
    [
      'a household that there is not',
      { 'attestazioni_isee.csv': ['nucleo;isee;dal;al;riferimento', 'F-9;8400;01/09/2026;31/08/2027;x'] },
      [
        'attestazioni_isee.csv, riga 2, colonna nucleo: non c’è in nessun file di questa importazione e non è già registrato',
      ],
    ],
    [
      'ISEE bands with a gap and an overlap',
      {
        'fasce_isee.csv': [
          'servizio;tariffa;dal;isee_da;isee_fino_a;prezzo',
          'school_meals;Intera;01/09/2026;0;7500;1,50',
          'school_meals;Intera;01/09/2026;8000;15000;3,50',
          'school_meals;Intera;01/09/2026;14000;20000;4,00',
        ],
      },
      [
        'fasce_isee.csv, riga 3, colonna isee_da: fra questa fascia ISEE e quella sotto resta un vuoto: farla cominciare dove l’altra finisce',
        'fasce_isee.csv, riga 4, colonna isee_da: per lo stesso ISEE valgono due fasce: controllare da dove a dove arriva ciascuna',
      ],
    ],
    [
      'a diet whose days are inverted',
      {
        ...changed('alunni.csv', 2, ';GF;', ';;'),
        'diete.csv': [
          'codice_fiscale_alunno;codice;tipo;dal;al;riferimento',
          `${CHILD};GF;salute;01/09/2026;31/08/2026;prot. 1`,
        ],
      },
      ['diete.csv, riga 2, colonna al: l’ultimo giorno viene prima del primo'],
    ],
  ])('%s', async (_what, changes, sentences) => {
    await write(changes);
    expect((await run()).faults.map(sentenceOf)).toEqual(sentences);
  });

  test('a file that is read as it was meant, in Windows-1252, with a mark, with semicolons: nothing', async () => {
    const windows = Buffer.from(text('alunni.csv'), 'latin1');
    await write({ 'alunni.csv': windows, 'scuole.csv': `\ufeff${text('scuole.csv')}` });
    expect((await run()).faults).toEqual([]);
    expect((await directory()).map(({ displayName }) => displayName)).toContain('Però Prova');
  });
});

test('docs/import.md describes every file and column (npm run import -- --format prints it)', async () => {
  const page = await readFile(fileURLToPath(new URL('../../../docs/import.md', import.meta.url)), 'utf8');
  expect(page).toContain(describeLayouts());
});

test('more rows than one batch, whose faults are where they are', async () => {
  const heading = GOOD['intestatari.csv']?.[0] ?? '';
  const file = createWriteStream(join(folder, 'intestatari.csv'));
  file.write(`${heading}\r\n`);
  for (let number = 1; number <= 2_500; number += 1) file.write(`${codiceFiscale(number)};Prova;Zefiro\r\n`);
  file.write('sbagliato;Prova;Zefiro\r\n');
  await finished(file.end());
  const report = await run();
  expect(report.faults).toMatchObject([{ line: 2_502, column: 'codice_fiscale', kind: 'invalid_codice_fiscale' }]);
  expect(report.files).toMatchObject([{ rows: 2_501, changed: 2_500 }]);
});
