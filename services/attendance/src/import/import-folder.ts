import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Cells,
  FolderReading,
  type ImportOptions,
  type ImportReport as ImportReportOf,
  importedId,
  type Layout as OtherLayout,
  readRows,
  required,
} from '@campanella/csv-import';
import type { Transaction } from '@campanella/postgres';
import { type MunicipalityId, nameKey } from '@campanella/vocabulary';
import { CALENDAR_BOUNDS } from '../domain/calendar-edit.ts';
import { writeEdit } from '../store/edit-table.ts';
import {
  beginImport,
  clearRows,
  closeStage,
  knownPlaces,
  listCrowded,
  listMisfits,
  type StagedRow,
  stageRows,
  storeRows,
  watchDirectory,
} from '../store/import-store.ts';
import type { FaultKind } from './faults.ts';
import { type FileKind, LAYOUTS, type Layout } from './layouts.ts';
import { READERS, ROW_KEYS, serviceOf, type Told } from './read-rows.ts';

/** Rows that are staged at once. */
const BATCH = 1_000;

/** Files of the registry in the same folder that name what may be new with it; their own faults are told by the registry. */
const SCHOOLS_FILE: OtherLayout = {
  fileName: 'scuole.csv',
  about: '',
  columns: [required('nome', '', '', '')],
};
const CLASSES_FILE: OtherLayout = {
  fileName: 'classi.csv',
  about: '',
  columns: ['anno_scolastico', 'scuola', 'nome'].map((name) => required(name, '', '', '')),
};

/** What an import needs. */
export interface ImportDeps {
  readonly transaction: <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;
  readonly clock: { now(): Date };
}

export type ImportReport = ImportReportOf<FaultKind>;

/** Ends the transaction without storing anything, and carries out what was found. */
class NotStored extends Error {
  readonly report: ImportReport;
  constructor(report: ImportReport) {
    super('not stored');
    this.report = report;
  }
}

/**
 * Imports calendar, sittings and menus from a folder of files: everything or, with one fault or in a dry run, nothing. Every fault of every file is
 * found in one run. The same files again change nothing. Memory is bounded by a batch of rows and the keys of one file. Schools and classes that the same folder's
 * `scuole.csv` and `classi.csv` name count as known.
 */
export async function importFolder(deps: ImportDeps, options: ImportOptions): Promise<ImportReport> {
  const { municipalityId, editor, isDryRun } = options;
  try {
    return await deps.transaction(async (tx) => {
      await beginImport(tx, municipalityId);
      const reading = new FolderReading<FaultKind, Layout>(options);
      const places = await readPlaces(tx, options);
      const present = await reading.presentFiles(LAYOUTS);
      for (const layout of present) await importFile(tx, municipalityId, reading, places, layout.kind, layout);
      const { files, faults, faultCount } = reading;
      const report = { isStored: !isDryRun && faultCount === 0, files, faults, faultCount };
      if (!report.isStored) throw new NotStored(report);
      const changed = files.filter((file) => file.changed > 0).map(({ fileName }) => fileName);
      if (present.length > 0) await watchDirectory(tx, municipalityId);
      if (changed.length > 0) {
        const edit = { what: 'import', schoolId: null, service: null, files: changed } as const;
        await writeEdit(tx, municipalityId, { name: editor, source: 'import' }, edit, deps.clock.now());
      }
      return report;
    });
  } catch (cause) {
    if (cause instanceof NotStored) return cause.report;
    throw cause;
  }
}

/** What the office calls schools and classes. */
interface Places {
  readonly schools: ReadonlyMap<string, string>;
  /** The class as it is stored, by school's id and name. */
  readonly classes: ReadonlyMap<string, string>;
}

async function readPlaces(tx: Transaction, { municipalityId, folder, otherFiles }: ImportOptions): Promise<Places> {
  const known = await knownPlaces(tx, municipalityId);
  const schools = new Map(known.schools.map(({ id, name }) => [nameKey(name), id]));
  const classes = new Map(known.classes.map(({ schoolId, name }) => [nameKey(schoolId, name), name]));
  for await (const name of namesIn(folder, otherFiles, SCHOOLS_FILE, ['nome'])) {
    const key = nameKey(...name);
    if (!schools.has(key)) schools.set(key, importedId(municipalityId, 'schools', key));
  }
  for await (const [school = '', name = ''] of namesIn(folder, otherFiles, CLASSES_FILE, ['scuola', 'nome'])) {
    const key = nameKey(schools.get(nameKey(school)) ?? '', name);
    if (!classes.has(key)) classes.set(key, name);
  }
  return { schools, classes };
}

async function* namesIn(
  folder: string,
  otherFiles: readonly string[],
  layout: OtherLayout,
  columns: readonly string[],
): AsyncGenerator<readonly string[]> {
  if (!otherFiles.includes(layout.fileName) || !(await readdir(folder)).includes(layout.fileName)) return;
  const rows = readRows(
    join(folder, layout.fileName),
    layout,
    () => undefined,
    () => undefined,
  );
  for await (const { values } of rows) yield columns.map((column) => values.get(column) ?? '');
}

async function importFile<Kind extends FileKind>(
  tx: Transaction,
  municipalityId: MunicipalityId,
  reading: FolderReading<FaultKind, Layout>,
  places: Places,
  kind: Kind,
  layout: Layout,
): Promise<void> {
  const { fileName } = layout;
  const firstLines = new Map<string, number>();
  const faultsBefore = reading.faultCount;
  const fault = (line: number, column: string, faultKind: FaultKind, detail = '') =>
    reading.fault({ fileName, line, column, kind: faultKind, detail });
  await clearRows(tx);
  let batch: StagedRow[] = [];
  const flush = async () => {
    await stageRows(tx, batch);
    batch = [];
  };
  for await (const { line, values } of reading.rows(layout)) {
    let isGood = true;
    const say = (column: string, faultKind: FaultKind, detail = '') => {
      isGood = false;
      fault(line, column, faultKind, detail);
    };
    const cells = new Cells(values, say);
    const school = cells.text('scuola');
    const schoolId = places.schools.get(nameKey(school));
    if (schoolId === undefined && school !== '') say('scuola', 'unknown_school');
    const service = serviceOf(cells, say);
    const told = withKnownClass(READERS[kind](cells, say), schoolId, places, say);
    const key = nameKey(school, service, ...ROW_KEYS[kind](told));
    const first = firstLines.get(key);
    if (first === undefined) firstLines.set(key, line);
    else say('', 'repeated_row', String(first));
    if (isGood && schoolId !== undefined) batch.push({ line, schoolId, service, told });
    if (batch.length === BATCH) await flush();
  }
  await flush();
  await closeStage(tx);
  if (kind === 'menus' || kind === 'rotations') {
    const most = CALENDAR_BOUNDS.coursesMax;
    for (const { line } of await listCrowded(tx, most)) fault(line, '', 'too_many_dishes', String(most));
  }
  // Without the days of a file that is faulty itself, many a good closure has none to close.
  const isCalendarWhole = faultsBefore === 0 || kind !== 'closedDays';
  for (const { line, other } of isCalendarWhole ? await listMisfits(tx, municipalityId, kind) : []) {
    if (kind === 'rotations') fault(line, 'settimane', 'weeks_differ', String(other));
    else fault(line, 'dal', 'no_service_day');
  }
  // Where there is a fault nothing lasts, and what does not fit cannot be stored.
  if (reading.faultCount === faultsBefore) reading.changed(fileName, await storeRows(tx, municipalityId, kind));
}

/** A class as the registry writes it: what is compared later is compared letter by letter. */
function withKnownClass<Row extends Told[FileKind]>(
  told: Row,
  schoolId: string | undefined,
  { classes }: Places,
  say: (column: string, kind: FaultKind) => void,
): Row {
  if (schoolId === undefined || !('className' in told) || told.className === '') return told;
  const className = classes.get(nameKey(schoolId, told.className));
  if (className === undefined) say('classe', 'unknown_class');
  return { ...told, className: className ?? told.className };
}
