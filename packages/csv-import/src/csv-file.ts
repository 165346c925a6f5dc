import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { CellFault } from './cells.ts';
import type { FileFaultKind } from './faults.ts';
import type { Layout } from './layouts.ts';

/** Biggest file that is read, in bytes: some millions of rows. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;
/** Most columns of a file: no layout has a quarter of them. */
const COLUMNS_MAX = 100;
/** Most rows of a file. */
const ROWS_MAX = 1_000_000;
const RECORD_CHARACTERS_MAX = 100_000;
const HEAD_BYTES = 64 * 1024;

/** A row by its columns' names, with the line on which it ends. */
export interface Row {
  readonly line: number;
  readonly values: ReadonlyMap<string, string>;
}

export type FileFault = (line: number, column: string, kind: FileFaultKind, detail?: string) => void;

/**
 * Reads the rows of a CSV file as offices export it: UTF-8 with or without a mark, UTF-16 with one, or Windows-1252; semicolons, commas or
 * tabs; columns in any order. Holds one piece of the file at a time.
 *
 * What is wrong with the file or with the shape of a row is told to `fault`; such a row is left out, and after a fault of the file nothing
 * more comes.
 *
 * @param onBytes gets how many more bytes have been read
 */
export async function* readRows(
  path: string,
  layout: Layout,
  fault: FileFault,
  onBytes: (count: number) => void,
): AsyncGenerator<Row> {
  const { size } = await stat(path);
  if (size > FILE_BYTES_MAX) return fault(0, '', 'too_big', `${FILE_BYTES_MAX / 1024 / 1024} MB`);
  const shape = await shapeOf(path, size);
  if ('fault' in shape) return fault(0, '', shape.fault);
  if (!shape.endsLine) fault(0, '', 'cut_off');
  const decoder = new TextDecoderStream(shape.encoding);
  const counted = createReadStream(path).on('data', (chunk) => onBytes(chunk.length));
  let isQuoteOpen = false;
  const parser = parse({
    delimiter: shape.delimiter,
    info: true,
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip(cause) {
      // Where a quote was opened that never closes is known only when everything before it has been read.
      if (cause?.code === 'CSV_QUOTE_NOT_CLOSED') isQuoteOpen = true;
      else fault(Number(cause?.['lines'] ?? 0), '', 'stray_quote');
      return undefined;
    },
    skip_records_with_empty_values: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    trim: true,
  });
  const text = Readable.toWeb(counted).pipeThrough(decoder);
  // Its fault comes out of the parser too, where it is told.
  const flow = pipeline(Readable.fromWeb(text), parser).catch(() => undefined);
  let columns: readonly string[] | null = null;
  let rows = 0;
  let lastLine = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      lastLine = info.lines;
      if (columns === null) {
        columns = takeHeading(record, layout, fault);
        if (columns === null) return;
        continue;
      }
      rows += 1;
      if (rows > ROWS_MAX) return fault(info.lines, '', 'too_many_rows', String(ROWS_MAX));
      const values = takeRow(record, columns);
      if (values === null) fault(info.lines, '', 'column_count', String(columns.length));
      else yield { line: info.lines, values };
    }
    if (isQuoteOpen) fault(lastLine + 1, '', 'unclosed_quote');
    else if (columns === null) fault(0, '', 'empty_file');
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    // A value without end: what was read of it is longer than any row.
    fault(lastLine + 1, '', 'unclosed_quote');
  } finally {
    parser.destroy();
    counted.destroy();
    await flow;
  }
}

/** The columns' names in the order of the file, or null with a fault for each that cannot be. */
function takeHeading(cells: readonly string[], layout: Layout, fault: FileFault): readonly string[] | null {
  if (cells.length > COLUMNS_MAX) {
    fault(1, '', 'too_many_columns', String(COLUMNS_MAX));
    return null;
  }
  // A spreadsheet leaves empty columns at the end.
  const names = cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1).map(nameOf);
  const known = layout.columns.map(({ name }) => name);
  let isGood = true;
  const say: CellFault = (column, kind, detail) => {
    isGood = false;
    fault(1, column, kind, detail);
  };
  names.forEach((name, index) => {
    if (!known.includes(name))
      say(/^[a-z_]{1,40}$/.test(name) ? name : `${index + 1}`, 'unknown_column', known.join(', '));
    else if (names.indexOf(name) < index) say(name, 'repeated_column');
  });
  for (const { name, isRequired } of layout.columns) {
    if (isRequired && !names.includes(name)) say(name, 'missing_column');
  }
  return isGood ? names : null;
}

/** `Codice Fiscale` and `codice_fiscale` are one column. */
function nameOf(cell: string): string {
  return cell
    .trim()
    .toLowerCase()
    .replaceAll(/[\s.-]+/g, '_');
}

function takeRow(cells: readonly string[], columns: readonly string[]): ReadonlyMap<string, string> | null {
  const hasMore = cells.slice(columns.length).some((cell) => cell !== '');
  if (hasMore || cells.length < columns.length) return null;
  return new Map(columns.map((column, index) => [column, cells[index] ?? '']));
}

type Shape =
  | { readonly fault: FileFaultKind }
  | { readonly encoding: string; readonly delimiter: string; readonly endsLine: boolean };

/** How the file is written, found out by looking at its first line, at all of its bytes, and at its last one. */
async function shapeOf(path: string, size: number): Promise<Shape> {
  if (size === 0) return { fault: 'empty_file' };
  const file = await open(path);
  try {
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    await file.read(head, 0, head.length, 0);
    const tail = Buffer.alloc(Math.min(2, size));
    await file.read(tail, 0, tail.length, size - tail.length);
    // ZIP and the older compound file: what spreadsheets save as their own.
    if (head.subarray(0, 4).equals(Buffer.from('PK\x03\x04')) || head.subarray(0, 4).toString('hex') === 'd0cf11e0') {
      return { fault: 'spreadsheet' };
    }
    const encoding = await encodingOf(path, head);
    const [firstLine = ''] = new TextDecoder(encoding).decode(head).split(/\r\n|\r|\n/, 1);
    return { encoding, delimiter: delimiterOf(firstLine), endsLine: /[\r\n]/.test(tail.toString('latin1')) };
  } finally {
    await file.close();
  }
}

async function encodingOf(path: string, head: Buffer): Promise<string> {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path)) decoder.decode(chunk, { stream: true });
    decoder.decode();
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

function delimiterOf(firstLine: string): string {
  const [most] = [';', ',', '\t']
    .map((delimiter) => ({ delimiter, count: firstLine.split(delimiter).length }))
    .sort((one, other) => other.count - one.count);
  return most?.delimiter ?? ';';
}
