import type { Transaction } from '@campanella/postgres';
import { accept, type Decision, type MunicipalityId, refuse } from '@campanella/vocabulary';
import type { Clock, CreditorStore, EditLog, InTransaction } from './ports.ts';

export const RUN_KINDS = ['billing', 'reminder', 'ruolo', 'certification_730'] as const;
export type RunKind = (typeof RUN_KINDS)[number];
/** previewing → prepared → issuing → done, or discarded before anything is issued. */
export type RunState = 'previewing' | 'prepared' | 'issuing' | 'done' | 'discarded';

/** Counts and sums by their names, e.g. `documents`, `chargedCents`. */
export type Totals = Readonly<Record<string, number>>;

/** What one page of a run comes to, before anything is written. */
export interface RunPage {
  /** Where the next page begins; null where this is the last. */
  readonly next: string | null;
  readonly totals: Totals;
  /** What people look at before they confirm. */
  readonly sample: readonly object[];
  /** Does it, in the transaction that moves the run on. */
  readonly issue: (tx: Transaction, now: Date) => Promise<Done>;
}

/** What was done of a page. */
export interface Done {
  readonly totals: Totals;
  readonly lines: readonly RunLine[];
}

/** One line of a run's report. */
export interface RunLine {
  readonly outcome: string;
  /** A document or a pupil. */
  readonly subjectId: string;
  readonly amountCents: number;
}

/** A run as it stands. */
export interface Run {
  readonly municipalityId: MunicipalityId;
  readonly runId: string;
  readonly kind: RunKind;
  /** What two runs under way may not share. */
  readonly scope: string;
  /** Fixed when it was prepared. */
  readonly settings: unknown;
  readonly state: RunState;
  readonly preparedBy: string;
  readonly preparedAt: Date;
  readonly confirmedBy: string | null;
  readonly confirmedAt: Date | null;
  readonly endedAt: Date | null;
  readonly nextAfter: string | null;
  readonly preview: { readonly totals: Totals; readonly sample: readonly object[] };
  readonly report: { readonly totals: Totals };
}

/** Reads a page of a run: over the network too, so outside of any transaction. */
export type ReadRunPage = (run: Run, after: string | null) => Promise<RunPage>;

/** Where a list of runs goes on: after this one. */
export interface RunPlace {
  readonly preparedAt: Date;
  readonly runId: string;
}

export interface RunStore {
  /** False where another run of the kind and scope is under way. */
  insert(
    tx: Transaction,
    run: Pick<Run, 'municipalityId' | 'runId' | 'kind' | 'scope' | 'settings' | 'preparedBy' | 'preparedAt'>,
  ): Promise<boolean>;
  find(municipalityId: MunicipalityId, runId: string, tx?: Transaction): Promise<Run | null>;
  /** Newest first. */
  list(municipalityId: MunicipalityId, after: RunPlace | null, limit: number): Promise<readonly Run[]>;
  /** A run that has work, for nobody else until then; null where none has. */
  claim(now: Date, until: Date): Promise<Run | null>;
  /** Locks a run; null where somebody moved it on meanwhile. */
  lockAt(tx: Transaction, run: Run): Promise<Run | null>;
  /** Stores a run as it stands now, and lets it go. */
  save(tx: Transaction, run: Run): Promise<void>;
  addLines(tx: Transaction, run: Run, lines: readonly RunLine[]): Promise<void>;
  listLines(
    municipalityId: MunicipalityId,
    runId: string,
    after: Pick<RunLine, 'outcome' | 'subjectId'> | null,
    limit: number,
  ): Promise<readonly RunLine[]>;
}

export interface RunDeps {
  readonly transaction: InTransaction;
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly kinds: Readonly<Record<RunKind, ReadRunPage>>;
  /** How long a page may take before another replica takes the run. */
  readonly claimMs: number;
}

/** Most of a preview's items that are kept for people to look at. */
const SAMPLE_MAX = 20;

/**
 * Works one page of one run. What a page does and where the run goes on are committed together, so a kill at any moment costs one page's work and
 * nothing is done twice; of two replicas that worked on the same page the second finds the run moved on and drops what it read.
 *
 * @returns whether there was anything to do
 */
export async function workOnRun(deps: RunDeps): Promise<boolean> {
  const now = deps.clock.now();
  const run = await deps.runs.claim(now, new Date(now.getTime() + deps.claimMs));
  if (run === null) return false;
  const page = await deps.kinds[run.kind](run, run.nextAfter);
  await deps.transaction(async (tx) => {
    const locked = await deps.runs.lockAt(tx, run);
    if (locked === null) return;
    if (locked.state === 'previewing') return deps.runs.save(tx, previewed(locked, page));
    const done = await page.issue(tx, deps.clock.now());
    await deps.runs.addLines(tx, locked, done.lines);
    await deps.runs.save(tx, movedOn(locked, page.next, done.totals, deps.clock.now()));
  });
  return true;
}

function previewed(run: Run, page: RunPage): Run {
  return {
    ...run,
    nextAfter: page.next,
    state: page.next === null ? 'prepared' : 'previewing',
    preview: {
      totals: addTotals(run.preview.totals, page.totals),
      sample: [...run.preview.sample, ...page.sample].slice(0, SAMPLE_MAX),
    },
  };
}

function movedOn(run: Run, next: string | null, totals: Totals, now: Date): Run {
  return {
    ...run,
    nextAfter: next,
    state: next === null ? 'done' : 'issuing',
    endedAt: next === null ? now : null,
    report: { totals: addTotals(run.report.totals, totals) },
  };
}

function addTotals(one: Totals, other: Totals): Totals {
  const sum = (name: string) => (one[name] ?? 0) + (other[name] ?? 0);
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [name, sum(name)]),
  );
}

/** Who acts, for the log of edits. */
export interface Editor {
  readonly name: string;
  readonly source: 'office' | 'command';
}

export type PrepareRefusal =
  | { readonly kind: 'no_creditor' }
  /** Another run of the kind and scope waits or works, or the id was used. */
  | { readonly kind: 'under_way' };

export interface PrepareDeps {
  readonly transaction: InTransaction;
  readonly runs: RunStore;
  readonly creditors: Pick<CreditorStore, 'findCreditor'>;
  readonly edits: EditLog;
  readonly clock: Clock;
}

/** Prepares a run: its preview begins, and nothing is issued before a second person confirms it. */
export async function prepareRun(
  deps: PrepareDeps,
  wanted: Pick<Run, 'municipalityId' | 'runId' | 'kind' | 'scope' | 'settings'> & { readonly editor: Editor },
  now: Date,
): Promise<Decision<Run, PrepareRefusal>> {
  const { editor, ...run } = wanted;
  const { municipalityId, runId } = run;
  if ((await deps.creditors.findCreditor(municipalityId)) === null) return refuse({ kind: 'no_creditor' });
  return deps.transaction(async (tx) => {
    const isNew = await deps.runs.insert(tx, { ...run, preparedBy: editor.name, preparedAt: now });
    if (!isNew) return refuse({ kind: 'under_way' });
    await deps.edits.note(tx, municipalityId, { editor, action: 'run_prepared', subjectId: runId, editedAt: now });
    const stored = await deps.runs.find(municipalityId, runId, tx);
    if (stored === null) throw new Error('a run that was just stored is not there');
    return accept(stored);
  });
}

export type RunRefusal =
  | { readonly kind: 'unknown_run' }
  /** It is being looked at still, or was confirmed or discarded. */
  | { readonly kind: 'not_prepared'; readonly state: RunState }
  /** Who prepared it does not confirm it. */
  | { readonly kind: 'same_person' };

type Who = { readonly municipalityId: MunicipalityId; readonly runId: string; readonly editor: Editor };
type DecideDeps = Pick<RunDeps, 'transaction' | 'runs' | 'clock'> & { readonly edits: EditLog };

/** Lets a run begin. The second person's name is compared, not their role; the same person's again changes nothing. */
export function confirmRun(deps: DecideDeps, who: Who): Promise<Decision<Run, RunRefusal>> {
  return decide(deps, who, 'run_confirmed', (run, now) => {
    const isAgain = run.confirmedBy === who.editor.name && (run.state === 'issuing' || run.state === 'done');
    if (isAgain) return accept(run);
    if (run.state !== 'prepared') return refuse({ kind: 'not_prepared', state: run.state });
    if (run.preparedBy === who.editor.name) return refuse({ kind: 'same_person' });
    return accept({ ...run, state: 'issuing', confirmedBy: who.editor.name, confirmedAt: now, nextAfter: null });
  });
}

/** Gives up a run that was not confirmed; again changes nothing. */
export function discardRun(deps: DecideDeps, who: Who): Promise<Decision<Run, RunRefusal>> {
  return decide(deps, who, 'run_discarded', (run, now) => {
    if (run.state === 'discarded') return accept(run);
    if (run.state !== 'prepared' && run.state !== 'previewing') {
      return refuse({ kind: 'not_prepared', state: run.state });
    }
    return accept({ ...run, state: 'discarded', endedAt: now });
  });
}

function decide(
  deps: DecideDeps,
  { municipalityId, runId, editor }: Who,
  action: string,
  rule: (run: Run, now: Date) => Decision<Run, RunRefusal>,
): Promise<Decision<Run, RunRefusal>> {
  const now = deps.clock.now();
  return deps.transaction(async (tx) => {
    const run = await deps.runs.find(municipalityId, runId, tx);
    if (run === null) return refuse({ kind: 'unknown_run' });
    const decided = rule(run, now);
    if (!decided.ok || decided.value === run) return decided;
    await deps.runs.save(tx, decided.value);
    await deps.edits.note(tx, municipalityId, { editor, action, subjectId: runId, editedAt: now });
    return decided;
  });
}
