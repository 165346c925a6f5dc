import type { Transaction } from '@campanella/postgres';
import { accept, type Decision, type MunicipalityId, refuse, serviceDateAt } from '@campanella/vocabulary';
import { decidePut, type RecordsRefused } from '../domain/decide-put.ts';
import type { DietVersion } from '../domain/diet.ts';
import type { IseeCertification } from '../domain/isee.ts';
import { parseRecords, type RecordsInput } from '../domain/parse-records.ts';
import { type Editor, editsOf, type RecordEdit } from '../domain/record-edits.ts';
import type {
  Changes,
  DietChanges,
  IncomingRecords,
  Municipality,
  RecordKind,
  StoredRecords,
} from '../domain/records.ts';

/** What {@link putRecords} needs of the tables. */
export interface RegistryStore {
  /** Locks the municipality until the transaction ends; answers its directory version, null where it is unknown. */
  lockMunicipality(tx: Transaction, municipalityId: MunicipalityId): Promise<number | null>;
  /** Inserts a municipality; false where another transaction has just done so. */
  insertMunicipality(tx: Transaction, municipalityId: MunicipalityId, municipality: Municipality): Promise<boolean>;
  loadStored(tx: Transaction, municipalityId: MunicipalityId, incoming: IncomingRecords): Promise<StoredRecords>;
  /** Every pupil whose directory record the changes touch, in a steady order. */
  pupilsTouched(
    tx: Transaction,
    municipalityId: MunicipalityId,
    directory: Changes['directory'],
  ): Promise<readonly string[]>;
  /** Keeps a line per edit. */
  writeEdits(
    tx: Transaction,
    municipalityId: MunicipalityId,
    editor: Editor,
    edits: readonly RecordEdit[],
    at: Date,
  ): Promise<void>;
  /** Tells the planner how many rows of these kinds there are by now, those of this transaction included. */
  refreshStatistics(tx: Transaction, kind: RecordKind): Promise<void>;
  /** Writes the changes; each pupil in `versions` gets that directory version. */
  writeChanges(tx: Transaction, municipalityId: MunicipalityId, changes: Changes, written: Written): Promise<void>;
}

/** What a write needs beside the changes themselves. */
export interface Written {
  readonly versions: ReadonlyMap<string, number>;
  readonly directoryVersion: number;
  readonly at: Date;
  /** Of every pupil that is written: all that was ever recorded of its diets, this time included. */
  readonly dietVersions: ReadonlyMap<string, readonly DietVersion[]>;
  /** Of every household that is written. */
  readonly certifications: ReadonlyMap<string, readonly IseeCertification[]>;
}

export interface PutDeps {
  readonly store: RegistryStore;
  readonly clock: { now(): Date };
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  /** Tells the directory's readers, once this transaction is committed. */
  announceDirectory(tx: Transaction, municipalityId: MunicipalityId, version: number): Promise<void>;
}

export interface PutResult {
  readonly changedCount: number;
  readonly diets: DietChanges;
  readonly directoryVersion: number;
}

/**
 * Stores records, all or none; the same records again change nothing. An editor leaves a line for each record that changes.
 *
 * Writers of one municipality take turns, from their first read to their commit: so a badge number has one holder, and
 * directory versions become visible in the order in which they were given (docs/adr/0007).
 */
export async function putRecords(
  deps: PutDeps,
  municipalityId: MunicipalityId,
  input: RecordsInput,
  editor: Editor | null = null,
): Promise<Decision<PutResult, RecordsRefused>> {
  const result = await deps.transaction((tx) => putWithin(deps, tx, municipalityId, input, editor));
  // Two first calls for a municipality: the other one has stored it by now, so this one finds it and takes its turn.
  return result === 'again' ? putRecords(deps, municipalityId, input, editor) : result;
}

/**
 * {@link putRecords} within a transaction that goes on; `again` where another transaction has just stored the municipality.
 *
 * @param leavesLines false where the caller leaves one line for the whole of it
 */
export async function putWithin(
  deps: Omit<PutDeps, 'transaction'>,
  tx: Transaction,
  municipalityId: MunicipalityId,
  input: RecordsInput,
  editor: Editor | null,
  leavesLines = true,
): Promise<Decision<PutResult, RecordsRefused> | 'again'> {
  const parsed = parseRecords(input);
  const refusedIds = new Set(
    parsed.refusals.map((refusal) => (refusal.recordKind === 'municipality' ? 'municipality' : refusal.recordId)),
  );
  const version = await deps.store.lockMunicipality(tx, municipalityId);
  const stored = await deps.store.loadStored(tx, municipalityId, parsed.records);
  const at = deps.clock.now();
  const decision = decidePut(stored, parsed.records, serviceDateAt(at), refusedIds);
  const refusals = [...parsed.refusals, ...(decision.ok ? [] : decision.refusal.refusals)];
  if (!decision.ok || refusals.length > 0) return refuse({ kind: 'records_refused' as const, refusals });
  if (version === null) {
    const { municipality } = decision.value;
    if (municipality === null || !(await deps.store.insertMunicipality(tx, municipalityId, municipality)))
      return 'again';
  }
  if (editor !== null && leavesLines)
    await deps.store.writeEdits(tx, municipalityId, editor, editsOf(stored, decision.value), at);
  const written = {
    at,
    dietVersions: versionsAfter(stored, decision.value, { recordedAt: at, recordedBy: editor }),
    certifications: certificationsAfter(stored, decision.value),
  };
  return accept(await storeChanges(deps, tx, municipalityId, version ?? 0, decision.value, written));
}

/** What was recorded of the diets of every pupil that is written, with what this Put adds to it. */
function versionsAfter(
  stored: StoredRecords,
  { records, dietsTold }: Changes,
  recording: Omit<DietVersion, 'diets'>,
): Written['dietVersions'] {
  const ids = [...records.pupils, ...records.diets].map(({ id }) => id);
  return new Map(
    ids.map((id) => {
      const diets = dietsTold.get(id);
      return [id, [...(stored.dietVersions.get(id) ?? []), ...(diets === undefined ? [] : [{ ...recording, diets }])]];
    }),
  );
}

function certificationsAfter(stored: StoredRecords, { records }: Changes): Written['certifications'] {
  const all = [...stored.isee.values(), ...records.isee];
  return new Map(all.map(({ id, certifications }) => [id, certifications]));
}

async function storeChanges(
  deps: Omit<PutDeps, 'transaction'>,
  tx: Transaction,
  municipalityId: MunicipalityId,
  version: number,
  changes: Changes,
  written: Omit<Written, 'versions' | 'directoryVersion'>,
): Promise<PutResult> {
  const { changedCount, diets, directory } = changes;
  if (changedCount === 0) return { changedCount, diets, directoryVersion: version };
  const pupilIds = await deps.store.pupilsTouched(tx, municipalityId, directory);
  const versions = new Map(pupilIds.map((pupilId, index) => [pupilId, version + index + 1]));
  const directoryVersion = version + (pupilIds.length > 0 ? pupilIds.length : directory.surroundings ? 1 : 0);
  await deps.store.writeChanges(tx, municipalityId, changes, { ...written, versions, directoryVersion });
  if (directoryVersion > version) await deps.announceDirectory(tx, municipalityId, directoryVersion);
  return { changedCount, diets, directoryVersion };
}
