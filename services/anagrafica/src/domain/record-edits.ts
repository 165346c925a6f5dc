import { isSame } from './is-same.ts';
import type { Changes, RecordKind, StoredRecords } from './records.ts';

/** Who changes records, and by which way. */
export interface Editor {
  /** A person's id, or the name that was given to the command. */
  readonly name: string;
  readonly source: 'office' | 'command' | 'import';
}

/** The line that an edit leaves: which record, and the names of what changed in it. */
export interface RecordEdit {
  readonly recordKind: RecordKind | 'municipality' | 'import';
  readonly recordId: string;
  readonly isNew: boolean;
  /** Never their values: a diet is not told by the line about it. */
  readonly fields: readonly string[];
}

/** A line for every record that the changes touch, in a steady order. */
export function editsOf(stored: StoredRecords, changes: Changes): readonly RecordEdit[] {
  const kinds = Object.keys(changes.records) as RecordKind[];
  return [
    ...(changes.municipality === null
      ? []
      : [lineOf('municipality', 'municipality', stored.municipality ?? undefined, changes.municipality)]),
    ...kinds.flatMap((kind) =>
      changes.records[kind].map((record) => lineOf(kind, record.id, stored[kind].get(record.id), record)),
    ),
  ];
}

function lineOf(
  recordKind: RecordEdit['recordKind'],
  recordId: string,
  before: object | undefined,
  after: object,
): RecordEdit {
  const known = new Map<string, unknown>(Object.entries(before ?? {}));
  const fields = Object.entries(after).filter(([name, value]) => !isSame(value, known.get(name)));
  return { recordKind, recordId, isNew: before === undefined, fields: fields.map(([name]) => name) };
}
