import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { FieldCipher } from '@campanella/field-encryption';
import { id, type PupilId, parseBadgeNumber, parseServiceDate, serviceCode } from '@campanella/vocabulary';
import { z } from 'zod';
import type { DirectoryStore } from '../app/directory-store.ts';
import { DIRECTORY_PUPILS_MAX, type DirectoryPupil } from '../domain/directory.ts';
import { inTransaction, integer, openDurable, text } from './sqlite.ts';

const SCHEMA = `
  create table if not exists pupils (pupil_id text primary key, sealed text not null) strict;
  create table if not exists state (
    only_row integer primary key check (only_row = 1), version integer not null, applied_at_ms integer not null
  ) strict;
  insert or ignore into state (only_row, version, applied_at_ms) values (1, 0, 0);`;

/**
 * Opens the directory in a folder. One that is damaged or sealed under another key is begun anew: the platform sends it
 * again, and no swipe depends on it.
 *
 * @param onLost told why, where the directory had to be begun anew
 */
export function openDirectoryStore(
  folder: string,
  cipher: FieldCipher,
  onLost: (cause: unknown) => void,
): DirectoryStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'directory.sqlite');
  try {
    return load(path, cipher);
  } catch (cause) {
    onLost(cause);
    for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) rmSync(path + suffix);
    return load(path, cipher);
  }
}

function load(path: string, cipher: FieldCipher): DirectoryStore {
  const database = openDurable(path);
  try {
    database.exec(SCHEMA);
    const state = database.prepare('select version, applied_at_ms from state').get() ?? {};
    const pupils = new Map<PupilId, DirectoryPupil>();
    for (const row of database.prepare('select pupil_id, sealed from pupils').all()) {
      const pupilId = id<PupilId>(text(row, 'pupil_id'));
      pupils.set(pupilId, unseal(cipher, pupilId, text(row, 'sealed')));
    }
    return storeOver(database, cipher, pupils, integer(state, 'version'), integer(state, 'applied_at_ms'));
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function storeOver(
  database: DatabaseSync,
  cipher: FieldCipher,
  loaded: Map<PupilId, DirectoryPupil>,
  version: number,
  appliedAtMs: number,
): DirectoryStore {
  const put = database.prepare('insert or replace into pupils (pupil_id, sealed) values (?, ?)');
  const remove = database.prepare('delete from pupils where pupil_id = ?');
  const setState = database.prepare('update state set version = ?, applied_at_ms = ?');
  let pupils = loaded;
  return {
    get version() {
      return version;
    },
    get appliedAtMs() {
      return appliedAtMs;
    },
    pupils: () => [...pupils.values()],
    apply(change, nowMs) {
      const next = change.isSnapshot ? new Map<PupilId, DirectoryPupil>() : new Map(pupils);
      for (const pupil of change.pupils) next.set(pupil.pupilId, pupil);
      for (const pupilId of change.removedPupilIds) next.delete(pupilId);
      if (next.size > DIRECTORY_PUPILS_MAX) throw new RangeError('the directory holds more pupils than a school has');
      inTransaction(database, () => {
        if (change.isSnapshot) database.exec('delete from pupils');
        for (const pupil of change.pupils) put.run(pupil.pupilId, seal(cipher, pupil));
        for (const pupilId of change.removedPupilIds) remove.run(pupilId);
        setState.run(change.version, nowMs);
      });
      pupils = next;
      version = change.version;
      appliedAtMs = nowMs;
    },
    close: () => database.close(),
  };
}

const day = z.string().transform((value, context) => parseServiceDate(value) ?? fault(context, 'no calendar day'));
const validity = z.object({ from: day, until: day.nullable() });
const sealedPupil = z.object({
  displayName: z.string(),
  className: z.string(),
  diets: z.array(z.object({ dietCode: z.string(), validity })),
  badges: z.array(
    z.object({
      number: z.string().transform((value, context) => parseBadgeNumber(value) ?? fault(context, 'no badge number')),
      isBlocked: z.boolean(),
      validity,
    }),
  ),
  enrolments: z.array(z.object({ service: z.string().transform(serviceCode), validity })),
});

function fault(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

/** The place a sealed pupil belongs to: moved to another row it does not open. */
function place(pupilId: PupilId): string {
  return `edge-agent.directory/${pupilId}`;
}

function seal(cipher: FieldCipher, { pupilId, ...rest }: DirectoryPupil): string {
  return cipher.encrypt(JSON.stringify(rest), place(pupilId));
}

function unseal(cipher: FieldCipher, pupilId: PupilId, sealed: string): DirectoryPupil {
  return { pupilId, ...sealedPupil.parse(JSON.parse(cipher.decrypt(sealed, place(pupilId)))) };
}
