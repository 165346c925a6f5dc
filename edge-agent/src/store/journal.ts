import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  accept,
  type Decision,
  id,
  type PupilId,
  parseBadgeNumber,
  refuse,
  type SwipeId,
  serviceCode,
  serviceDate,
} from '@campanella/vocabulary';
import type { AppendRefusal, Journal, JournalEntry } from '../app/journal.ts';
import { inTransaction, integer, openDurable, resultCode, SQLITE, text } from './sqlite.ts';

/** Most swipes without a result that the journal takes: ten school days of a large canteen. */
export const UNSENT_MAX = 20_000;

const SCHEMA = `
  create table if not exists swipes (
    seq integer primary key autoincrement,
    swipe_id text not null unique,
    badge_number text not null,
    pupil_id text,
    occurred_at_ms integer not null,
    service_date text not null,
    service text not null,
    outcome integer,
    answered_at_ms integer
  ) strict;
  create index if not exists swipes_unsent on swipes (seq) where outcome is null;
  create index if not exists swipes_of_day on swipes (service_date, service, pupil_id, badge_number);
  create index if not exists swipes_answered on swipes (answered_at_ms) where answered_at_ms is not null;
  create table if not exists settings (name text primary key, value integer not null) strict;`;

const COLUMNS = 'seq, swipe_id, badge_number, pupil_id, occurred_at_ms, service_date, service';

export interface JournalOptions {
  readonly unsentMax?: number;
  /** Most pages of 4 kB the file may take: how a test fills the disk. */
  readonly pagesMax?: number;
}

/**
 * Opens the journal in a folder, making both where they are not there. A damaged file is put aside under another name and
 * kept for the technician, since the canteen must open.
 *
 * @throws where the folder cannot be written or another agent uses it
 */
export function openJournal(folder: string, options: JournalOptions = {}): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'journal.sqlite');
  let damagedFile: string | null = null;
  let database: DatabaseSync;
  try {
    database = openDurable(path, options.pagesMax);
  } catch (cause) {
    if (!isDamage(cause)) throw new Error(journalFault(cause, folder), { cause });
    damagedFile = putAside(path);
    database = openDurable(path, options.pagesMax);
  }
  database.exec(SCHEMA);
  return journalOver(database, options.unsentMax ?? UNSENT_MAX, damagedFile);
}

function isDamage(cause: unknown): boolean {
  const code = resultCode(cause);
  if (code === SQLITE.CORRUPT || code === SQLITE.NOT_A_DATABASE) return true;
  return cause instanceof Error && cause.message.includes('damaged');
}

function journalFault(cause: unknown, folder: string): string {
  return resultCode(cause) === SQLITE.BUSY
    ? `another agent uses the journal in ${folder}: stop it, or give this one another DATA_FOLDER`
    : `the journal in ${folder} cannot be opened: check that the folder is on a working disk and can be written`;
}

function putAside(path: string): string {
  const aside = `${path}.damaged-${Date.now()}`;
  for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}

function journalOver(database: DatabaseSync, unsentMax: number, damagedFile: string | null): Journal {
  const insert = database.prepare(
    `insert into swipes (swipe_id, badge_number, pupil_id, occurred_at_ms, service_date, service) values (?, ?, ?, ?, ?, ?)`,
  );
  const unsent = database.prepare(
    `select ${COLUMNS} from swipes where outcome is null and seq > ? order by seq limit ?`,
  );
  const answer = database.prepare(
    'update swipes set outcome = ?, answered_at_ms = ? where swipe_id = ? and outcome is null',
  );
  const ofPupil = database.prepare(
    'select 1 from swipes where service_date = ? and service = ? and pupil_id = ? limit 1',
  );
  const ofBadge = database.prepare(
    'select 1 from swipes where service_date = ? and service = ? and badge_number = ? limit 1',
  );
  const onDay = database.prepare('select count(*) as n from swipes where service_date = ?');
  const forget = database.prepare('delete from swipes where answered_at_ms < ?');
  const getSetting = database.prepare('select value from settings where name = ?');
  const putSetting = database.prepare('insert or replace into settings (name, value) values (?, ?)');
  const countUnsent = database.prepare('select count(*) as n from swipes where outcome is null');
  const count = (): number => integer(countUnsent.get() ?? {}, 'n');
  let unsentCount = count();

  return {
    damagedFile,
    get unsentCount() {
      return unsentCount;
    },
    append(swipe) {
      if (unsentCount >= unsentMax) return refuse({ kind: 'journal_full' });
      const { swipeId, badgeNumber, pupilId, occurredAtMs, service } = swipe;
      const written = attempt(() =>
        insert.run(swipeId, badgeNumber, pupilId, occurredAtMs, swipe.serviceDate, service),
      );
      if (!written.ok) return written;
      unsentCount += 1;
      return accept({ ...swipe, seq: Number(written.value.lastInsertRowid) });
    },
    probe() {
      if (unsentCount >= unsentMax) return refuse({ kind: 'journal_full' });
      const written = attempt(() => putSetting.run('probe', Date.now()));
      return written.ok ? accept(true) : written;
    },
    unsentAfter: (seq, limit) => unsent.all(seq, limit).map(toEntry),
    markAnswered(results, nowMs) {
      const marked = inTransaction(database, () =>
        results.reduce((sum, { swipeId, outcome }) => sum + Number(answer.run(outcome, nowMs, swipeId).changes), 0),
      );
      unsentCount -= marked;
      return marked;
    },
    hasSwipe({ badgeNumber, pupilId, serviceDate: day, service }) {
      if (ofBadge.get(day, service, badgeNumber) !== undefined) return true;
      return pupilId !== null && ofPupil.get(day, service, pupilId) !== undefined;
    },
    countOn: (day) => integer(onDay.get(day) ?? {}, 'n'),
    forgetAnswered: (beforeMs) => Number(forget.run(beforeMs).changes),
    clockOffsetMs() {
      const row = getSetting.get('clock_offset_ms');
      return row === undefined ? 0 : integer(row, 'value');
    },
    keepClockOffset: (offsetMs) => void putSetting.run('clock_offset_ms', offsetMs),
    close: () => database.close(),
  };
}

function attempt<Result>(write: () => Result): Decision<Result, AppendRefusal> {
  try {
    return accept(write());
  } catch (cause) {
    return refuse(resultCode(cause) === SQLITE.FULL ? { kind: 'disk_full' } : { kind: 'disk_failed', cause });
  }
}

function toEntry(row: Readonly<Record<string, unknown>>): JournalEntry {
  const badgeNumber = parseBadgeNumber(text(row, 'badge_number'));
  if (badgeNumber === null) throw new TypeError('the journal holds a badge number that is none');
  return {
    seq: integer(row, 'seq'),
    swipeId: id<SwipeId>(text(row, 'swipe_id')),
    badgeNumber,
    pupilId: row['pupil_id'] === null ? null : id<PupilId>(text(row, 'pupil_id')),
    occurredAtMs: integer(row, 'occurred_at_ms'),
    serviceDate: serviceDate(text(row, 'service_date')),
    service: serviceCode(text(row, 'service')),
  };
}
