import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Cells,
  columnOf,
  FAULTS_MAX,
  type ImportOptions,
  type ImportReport as ImportReportOf,
  type Row,
  readRows,
} from '@campanella/csv-import';
import type { Transaction } from '@campanella/postgres';
import { nameKey } from '@campanella/vocabulary';
import { type FascicoloDeps, writeBytes } from '../app/fascicolo.ts';
import { NO_RECORDS } from '../app/office.ts';
import { type PutDeps, putWithin } from '../app/put-records.ts';
import type { Editor } from '../domain/record-edits.ts';
import type { DietChanges, RecordKind } from '../domain/records.ts';
import type { Fault, FaultKind } from './faults.ts';
import {
  DOCUMENTS_FOLDER,
  type DocumentsRun,
  type NamedDocument,
  type PendingDocument,
  readDocument,
  takeDocuments,
} from './import-documents.ts';
import { type FewNames, fewNames } from './known-names.ts';
import { DOCUMENTS_LAYOUT, type FileKind, LAYOUTS, type Layout, RECORD_KINDS } from './layouts.ts';
import { READERS, RECORD_KEYS, ROW_KEYS } from './read-inputs.ts';
import { type ReadRow, TO_INPUTS } from './to-inputs.ts';

/** The field of one item in a list of a record, as a refusal names it. */
const ITEM_FIELD = /^[a-z_]+\.(\d+)\.([a-z_]+)$/;
/** Rows that are stored at once. */
const BATCH = 1_000;
/** What an import needs beside the tables. */
export interface ImportDeps extends PutDeps {
  readonly fascicolo: Pick<FascicoloDeps, 'store'>;
}

/** What an import came to. */
export interface ImportReport extends ImportReportOf<FaultKind> {
  readonly diets: DietChanges;
}

interface PresentFile {
  readonly layout: (typeof LAYOUTS)[number] | (Layout & { readonly kind: 'documents' });
  readonly path: string;
}

/** Ends the transaction without storing anything, and carries out what was found. */
class NotStored extends Error {
  readonly report: ImportReport;
  constructor(report: ImportReport) {
    super('not stored');
    this.report = report;
  }
}

/**
 * Imports a folder of files: everything or, with one fault or in a dry run, nothing. Every fault of every file is found in one run. The same
 * files again change nothing. Memory is bounded by a batch of rows and the keys of one file.
 *
 * Other writers of the municipality wait until it ends; readers do not.
 */
export async function importFolder(deps: ImportDeps, options: ImportOptions): Promise<ImportReport> {
  try {
    return await deps.transaction(async (tx) => {
      // Between two statements lies as much of a file as its faults make it.
      await tx.query({
        name: 'wait_for_files',
        text: "select set_config('idle_in_transaction_session_timeout', '0', true)",
        values: [],
      });
      const run = new ImportRun(deps, tx, options);
      const report = await run.report();
      if (!report.isStored) throw new NotStored(report);
      await run.storeDocuments();
      if (report.files.some(({ changed }) => changed > 0)) {
        const edit = { recordKind: 'import' as const, recordId: '', isNew: false, fields: changedFiles(report) };
        await deps.store.writeEdits(tx, options.municipalityId, run.editor, [edit], deps.clock.now());
      }
      if (run.movedTo !== null) await deps.announceDirectory(tx, options.municipalityId, run.movedTo);
      return report;
    });
  } catch (cause) {
    if (cause instanceof NotStored) return cause.report;
    throw cause;
  }
}

class ImportRun {
  readonly #deps: ImportDeps;
  readonly #tx: Transaction;
  readonly #options: ImportOptions;
  readonly #faults: Fault[] = [];
  /** What is at fault in its own file: whoever refers to it is not. */
  readonly #faulted = new Set<string>();
  /** Kinds of record of which some row could not be read: who refers to one may refer to that. */
  readonly #unread = new Set<RecordKind>();
  readonly #files: { fileName: string; rows: number; changed: number }[] = [];
  #faultCount = 0;
  #diets: DietChanges = { addedCount: 0, changedCount: 0, removedCount: 0 };
  #version = 0;
  #firstVersion = 0;
  #bytesRead = 0;
  #bytesTotal = 0;
  #kinds: ReadonlySet<Layout['kind']> = new Set();
  readonly #documents: PendingDocument[] = [];

  constructor(deps: ImportDeps, tx: Transaction, options: ImportOptions) {
    // Told once, at the end, and not by each batch.
    this.#deps = { ...deps, announceDirectory: async () => undefined };
    this.#tx = tx;
    this.#options = options;
  }

  async report(): Promise<ImportReport> {
    const { municipalityId, isDryRun } = this.#options;
    const version = await this.#deps.store.lockMunicipality(this.#tx, municipalityId);
    if (version === null) {
      this.#fault({ fileName: '', line: 0, column: '', kind: 'unknown_municipality', detail: '' });
      return this.#result(false);
    }
    this.#version = version;
    this.#firstVersion = version;
    const present = await this.#presentFiles();
    this.#kinds = new Set(present.map(({ layout }) => layout.kind));
    for (const { layout, path } of present) {
      if (layout.kind === 'documents') await this.#importDocuments(layout, path);
      else await this.#importRows(layout.kind, layout, path, await fewNames(this.#tx, municipalityId));
    }
    return this.#result(!isDryRun && this.#faultCount === 0);
  }

  get editor(): Editor {
    return { name: this.#options.editor, source: 'import' };
  }

  /** The version of the directory that readers must be told; null where nothing moved it. */
  get movedTo(): number | null {
    return this.#version > this.#firstVersion ? this.#version : null;
  }

  #result(isStored: boolean): ImportReport {
    return {
      isStored,
      faults: this.#faults,
      faultCount: this.#faultCount,
      files: this.#files,
      diets: this.#diets,
    };
  }

  #fault(fault: Fault): void {
    this.#faultCount += 1;
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(fault);
  }

  /** Says whether a record is at fault, or may be, where it is told itself. */
  #isFaulted(kind: RecordKind, key: string): boolean {
    return this.#unread.has(kind) || this.#faulted.has(faultedKey(kind, key));
  }

  async #presentFiles(): Promise<readonly PresentFile[]> {
    const { folder, otherFiles } = this.#options;
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.') && !otherFiles.includes(name));
    const layouts = [...LAYOUTS, DOCUMENTS_LAYOUT];
    const known = layouts.map(({ fileName }) => fileName);
    for (const fileName of names.filter((name) => name !== DOCUMENTS_FOLDER && !known.includes(name)).sort()) {
      this.#fault({
        fileName,
        line: 0,
        column: '',
        kind: 'unknown_file',
        detail: [...known, ...otherFiles].join(', '),
      });
    }
    const present = layouts
      .filter(({ fileName }) => names.includes(fileName))
      .map((layout) => ({
        layout,
        path: join(folder, layout.fileName),
      }));
    for (const { path } of present) this.#bytesTotal += (await stat(path)).size;
    return present;
  }

  /** Stores the bytes of the new documents, whose lines wait in the transaction: they are there before anybody can see a line. */
  async storeDocuments(): Promise<void> {
    for (const { document, path } of this.#documents) {
      await writeBytes(this.#deps.fascicolo.store, this.#options.municipalityId, document, await readFile(path));
    }
  }

  async #importDocuments(layout: Layout, path: string): Promise<void> {
    const { municipalityId, folder } = this.#options;
    const { fileName } = layout;
    const file = { fileName, rows: 0, changed: 0 };
    this.#files.push(file);
    const fault = (line: number, column: string, kind: FaultKind, detail = '') =>
      this.#fault({ fileName, line, column, kind, detail });
    const run: DocumentsRun = {
      ...{ tx: this.#tx, municipalityId, folder, addedBy: this.editor.name, clock: this.#deps.clock },
      fault: (line, column, kind, pupilCode) => {
        if (pupilCode === undefined || !this.#isFaulted('pupils', pupilCode)) fault(line, column, kind);
      },
    };
    let batch: { line: number; named: NamedDocument }[] = [];
    const flush = async () => {
      const pending = await takeDocuments(run, batch);
      this.#documents.push(...pending);
      file.changed += pending.length;
      batch = [];
    };
    for await (const { line, values } of this.#rows(layout, path, file)) {
      let isGood = true;
      const named = readDocument(
        new Cells(values, (column, kind, detail) => {
          isGood = false;
          fault(line, column, kind, detail);
        }),
      );
      if (isGood) batch.push({ line, named });
      if (batch.length === BATCH) await flush();
    }
    await flush();
    this.#progress(file);
  }

  /** The rows of a file, counted and told as progress. */
  async *#rows(layout: Layout, path: string, file: { fileName: string; rows: number }): AsyncGenerator<Row> {
    const { fileName } = layout;
    const rows = readRows(
      path,
      layout,
      (line, column, kind, detail = '') => {
        if (layout.kind !== 'documents') this.#unread.add(RECORD_KINDS[layout.kind]);
        this.#fault({ fileName, line, column, kind, detail });
      },
      (count) => {
        this.#bytesRead += count;
        this.#progress(file);
      },
    );
    for await (const row of rows) {
      file.rows += 1;
      yield row;
    }
  }

  async #importRows<Kind extends FileKind>(kind: Kind, layout: Layout, path: string, few: FewNames): Promise<void> {
    const { fileName } = layout;
    const file = { fileName, rows: 0, changed: 0 };
    this.#files.push(file);
    const firstLines = new Map<string, number>();
    let batch: ReadRow<Kind>[] = [];
    /** Rows that would be refused now, and may be no more once the whole file is stored: a sibling comes later. */
    const waiting: ReadRow<Kind>[] = [];
    let batches = 0;
    const flush = async () => {
      file.changed += await this.#storeBatch(kind, layout, few, batch, waiting);
      batch = [];
      batches += 1;
      // A planner that believes a table empty reads all of a municipality for each row: it is told whenever the rows have doubled.
      if (Number.isInteger(Math.log2(batches))) await this.#refreshStatistics(kind);
    };
    for await (const { line, values } of this.#rows(layout, path, file)) {
      let isGood = true;
      const cells = new Cells(values, (column, faultKind, detail = '') => {
        isGood = false;
        this.#fault({ fileName, line, column, kind: faultKind, detail });
      });
      const named = READERS[kind](cells);
      // What the column says holds from today on: it would be laid over what the file has said, each time anew.
      if (kind === 'pupils' && this.#kinds.has('diets') && cells.optional('dieta') !== '') {
        this.#fault({ fileName, line, column: 'dieta', kind: 'diet_told_twice', detail: '' });
      }
      const key = nameKey(...ROW_KEYS[kind](named));
      const first = firstLines.get(key);
      if (first === undefined) firstLines.set(key, line);
      else this.#fault({ fileName, line, column: '', kind: 'repeated_row', detail: String(first) });
      if (!isGood) this.#faulted.add(faultedKey(RECORD_KINDS[kind], nameKey(...RECORD_KEYS[kind](named))));
      if (!isGood || first !== undefined) continue;
      batch.push({ line, named });
      // The prices of one tariff, and the bands of one price, are rows of one record, which may be anywhere in the file.
      if (batch.length === BATCH && RECORD_KINDS[kind] !== 'tariffs') await flush();
    }
    await flush();
    await this.#refreshStatistics(kind);
    for (let begin = 0; begin < waiting.length; begin += BATCH) {
      file.changed += await this.#storeBatch(kind, layout, few, waiting.slice(begin, begin + BATCH), null);
    }
    this.#progress(file);
  }

  async #refreshStatistics(kind: FileKind): Promise<void> {
    await this.#deps.store.refreshStatistics(this.#tx, RECORD_KINDS[kind]);
  }

  #progress({ fileName, rows }: { readonly fileName: string; readonly rows: number }): void {
    this.#options.onProgress({ fileName, rows, bytesRead: this.#bytesRead, bytesTotal: this.#bytesTotal });
  }

  /**
   * @param waiting takes the rows that wait for others; null where there are no others to come
   * @returns how many of the rows changed a record
   */
  async #storeBatch<Kind extends FileKind>(
    kind: Kind,
    layout: Layout,
    few: FewNames,
    rows: readonly ReadRow<Kind>[],
    waiting: ReadRow<Kind>[] | null,
  ): Promise<number> {
    if (rows.length === 0) return 0;
    const { fileName } = layout;
    const { municipalityId } = this.#options;
    const inputs = await TO_INPUTS[kind]({ tx: this.#tx, municipalityId, few }, rows);
    for (const { line, column, kind: missingKind, key } of inputs.missing) {
      if (this.#isFaulted(missingKind, key)) continue;
      this.#fault({ fileName, line, column, kind: 'unknown_reference', detail: '' });
    }
    const keyAt = new Map(rows.map(({ line, named }) => [line, nameKey(...RECORD_KEYS[kind](named))]));
    const recordKind = RECORD_KINDS[kind];
    for (const { line } of inputs.missing) this.#faulted.add(faultedKey(recordKind, keyAt.get(line) ?? ''));
    let records = inputs.records;
    const lonely: (typeof records)[number]['input'][] = [];
    for (;;) {
      const input = { ...NO_RECORDS, [recordKind]: records.map((one) => one.input) };
      const put = await putWithin(this.#deps, this.#tx, municipalityId, input, this.editor, false);
      if (put === 'again') throw new Error('the municipality went while it was locked');
      if (put.ok) {
        this.#version = put.value.directoryVersion;
        this.#diets = sumOf(this.#diets, put.value.diets);
        if (lonely.length > 0) {
          // Without their reductions, so that they are there for each other when these are asked about; they are counted then.
          const rest = { ...NO_RECORDS, [recordKind]: lonely.map((one) => ({ ...one, reductions: null })) };
          const stored = await putWithin(this.#deps, this.#tx, municipalityId, rest, this.editor, false);
          if (stored !== 'again' && stored.ok) this.#version = stored.value.directoryVersion;
        }
        return put.value.changedCount;
      }
      // The others are stored all the same, so that rows that refer to them are not called faulty: nothing of it lasts.
      const refused = new Set<number>();
      const isAtFault = new Set(
        put.refusal.refusals.filter((one) => one.kind !== 'no_sibling' || waiting === null).map(({ index }) => index),
      );
      for (const { index, field, kind: refusalKind } of put.refusal.refusals) {
        const record = records[index];
        const [, item, name] = ITEM_FIELD.exec(field) ?? [];
        const line = (item === undefined ? null : record?.itemLines?.[Number(item)]) ?? record?.line ?? 0;
        refused.add(index);
        if (refusalKind === 'no_sibling' && waiting !== null) {
          if (record === undefined || isAtFault.has(index)) continue;
          waiting.push(...rows.filter((row) => row.line === line));
          lonely.push(record.input);
          continue;
        }
        this.#faulted.add(faultedKey(recordKind, keyAt.get(line) ?? ''));
        this.#fault({ fileName, line, column: columnOf(layout, name ?? field), kind: refusalKind, detail: '' });
      }
      records = records.filter((_, index) => !refused.has(index));
    }
  }
}

function changedFiles({ files }: ImportReport): readonly string[] {
  return files.filter(({ changed }) => changed > 0).map(({ fileName }) => fileName);
}

function faultedKey(kind: RecordKind, key: string): string {
  return `${kind} ${key}`;
}

function sumOf(one: DietChanges, other: DietChanges): DietChanges {
  return {
    addedCount: one.addedCount + other.addedCount,
    changedCount: one.changedCount + other.changedCount,
    removedCount: one.removedCount + other.removedCount,
  };
}
