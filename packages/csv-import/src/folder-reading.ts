import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Row, readRows } from './csv-file.ts';
import type { Fault, FileFaultKind } from './faults.ts';
import { FAULTS_MAX, type ImportOptions } from './import-command.ts';
import type { Layout } from './layouts.ts';

/** A file as it is read: how many rows, and how much of what is stored they change. */
export interface FileCount {
  readonly fileName: string;
  rows: number;
  changed: number;
}

/** The reading of a folder: its files in the order of their layouts, their rows, and every fault that was found. */
export class FolderReading<Kind extends string, FileLayout extends Layout> {
  readonly files: FileCount[] = [];
  readonly faults: Fault<Kind | FileFaultKind>[] = [];
  /** Also of those beyond the bound of what is kept. */
  faultCount = 0;
  readonly #options: ImportOptions;
  #bytesRead = 0;
  #bytesTotal = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  fault(fault: Fault<Kind | FileFaultKind>): void {
    this.faultCount += 1;
    if (this.faults.length < FAULTS_MAX) this.faults.push(fault);
  }

  /** The files that are there; each that nobody knows is a fault. */
  async presentFiles(layouts: readonly FileLayout[]): Promise<readonly FileLayout[]> {
    const { folder, otherFiles } = this.#options;
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const known = [...layouts.map(({ fileName }) => fileName), ...otherFiles];
    for (const fileName of names.filter((name) => !known.includes(name)).sort()) {
      this.fault({ fileName, line: 0, column: '', kind: 'unknown_file', detail: known.join(', ') });
    }
    const present = layouts.filter(({ fileName }) => names.includes(fileName));
    for (const { fileName } of present) this.#bytesTotal += (await stat(join(folder, fileName))).size;
    return present;
  }

  /** The rows of a file, counted and told as progress. */
  async *rows(layout: FileLayout): AsyncGenerator<Row> {
    const { fileName } = layout;
    const file = { fileName, rows: 0, changed: 0 };
    this.files.push(file);
    const rows = readRows(
      join(this.#options.folder, fileName),
      layout,
      (line, column, kind, detail = '') => this.fault({ fileName, line, column, kind, detail }),
      (count) => {
        this.#bytesRead += count;
        this.#progress(file);
      },
    );
    for await (const row of rows) {
      file.rows += 1;
      yield row;
    }
    this.#progress(file);
  }

  /** Counts what a file changed. */
  changed(fileName: string, count: number): void {
    for (const file of this.files) if (file.fileName === fileName) file.changed += count;
  }

  #progress({ fileName, rows }: FileCount): void {
    this.#options.onProgress({ fileName, rows, bytesRead: this.#bytesRead, bytesTotal: this.#bytesTotal });
  }
}
