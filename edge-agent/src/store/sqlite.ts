import { DatabaseSync } from 'node:sqlite';

type Row = Readonly<Record<string, unknown>>;

/**
 * Opens a database file so that a committed statement survives a power cut, and so that no second process can use it.
 *
 * @param pagesMax most pages of 4 kB that the file may take; 0 for no bound
 * @throws when the file cannot be opened, is damaged, or another process holds it
 */
export function openDurable(path: string, pagesMax = 0): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(`
      pragma locking_mode = exclusive;
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma fullfsync = on;
      pragma foreign_keys = on;`);
    if (pagesMax > 0) database.exec(`pragma max_page_count = ${pagesMax}`);
    const check = database.prepare('pragma quick_check(1)').get();
    if (check === undefined || text(check, 'quick_check') !== 'ok') throw new Error('the database file is damaged');
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

/** Runs work in one transaction: all of it or nothing. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (cause) {
    // A full disk has rolled back already.
    if (database.isTransaction) database.exec('rollback');
    throw cause;
  }
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} must hold text`);
  return value;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} must hold a number`);
  return value;
}

/** SQLite's result code of a thrown error without its extension; null for an error of another kind. */
export function resultCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error) || typeof error.errcode !== 'number')
    return null;
  return error.errcode & 0xff;
}

/** SQLite's result codes that mean something to us. @see https://www.sqlite.org/rescode.html */
export const SQLITE = { BUSY: 5, CORRUPT: 11, FULL: 13, NOT_A_DATABASE: 26 } as const;
