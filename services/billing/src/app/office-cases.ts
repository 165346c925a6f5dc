import type { Transaction } from '@campanella/postgres';
import { accept, type Cents, type Decision, type MunicipalityId, type PersonId, refuse } from '@campanella/vocabulary';
import type { Handling } from '../domain/position.ts';
import type { Clock, InTransaction } from './ports.ts';

/** Why the office has to look: what became of a receipt that is not simply settled. */
export type CaseClass = Exclude<Handling, 'settled'>;

/** What the office did: paid back, put on an account, entered elsewhere; or took back that it was done. */
export const CASE_OUTCOMES = ['refunded', 'credited', 'accounted', 'reopened'] as const;
export type CaseOutcome = (typeof CASE_OUTCOMES)[number];

/** A decision, and who took it. */
export interface CaseLine {
  readonly outcome: CaseOutcome;
  readonly note: string;
  readonly madeBy: PersonId;
  readonly madeAt: Date;
}

/** Money that the office decides about. */
export interface OfficeCase {
  readonly caseId: string;
  readonly class: CaseClass;
  /** The receipt. */
  readonly subjectId: string;
  readonly noticeNumber: string;
  readonly amountCents: Cents;
  readonly happenedAt: Date;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  readonly lines: readonly CaseLine[];
}

/** Where a list of cases goes on: after this one. */
export interface CasePlace {
  readonly at: Date;
  readonly caseId: string;
}

/** Cases of the office. */
export interface CaseStore {
  /** Nothing where the subject has a case of this class. */
  open(
    tx: Transaction,
    municipalityId: MunicipalityId,
    opened: Omit<OfficeCase, 'resolvedAt' | 'lines'>,
  ): Promise<void>;
  /** Open ones, the oldest first; or resolved ones, the newest first. */
  list(
    municipalityId: MunicipalityId,
    state: 'open' | 'resolved',
    after: CasePlace | null,
    limit: number,
  ): Promise<readonly OfficeCase[]>;
  /** How many wait, and what they sum to. */
  countOpen(municipalityId: MunicipalityId): Promise<{ readonly count: number; readonly amountCents: Cents }>;
  lock(tx: Transaction, municipalityId: MunicipalityId, caseId: string): Promise<OfficeCase | null>;
  addLine(
    tx: Transaction,
    municipalityId: MunicipalityId,
    caseId: string,
    ordinal: number,
    line: CaseLine,
  ): Promise<void>;
}

export type ResolveRefusal =
  | { readonly kind: 'unknown_case' }
  /** Somebody has decided already. */
  | { readonly kind: 'resolved' }
  | { readonly kind: 'not_resolved' };

/** Writes the office's decision about a case: one at a time, each a line that stays. The same decision by the same person again changes nothing. */
export async function resolveCase(
  deps: { readonly transaction: InTransaction; readonly cases: CaseStore; readonly clock: Clock },
  command: {
    readonly municipalityId: MunicipalityId;
    readonly caseId: string;
    readonly outcome: CaseOutcome;
    readonly note: string;
    readonly madeBy: PersonId;
  },
): Promise<Decision<OfficeCase, ResolveRefusal>> {
  const { municipalityId, caseId, outcome, note, madeBy } = command;
  const madeAt = deps.clock.now();
  return deps.transaction(async (tx) => {
    const found = await deps.cases.lock(tx, municipalityId, caseId);
    if (found === null) return refuse({ kind: 'unknown_case' });
    const last = found.lines.at(-1);
    if (last?.outcome === outcome && last.note === note && last.madeBy === madeBy) return accept(found);
    if (outcome === 'reopened' && found.resolvedAt === null) return refuse({ kind: 'not_resolved' });
    if (outcome !== 'reopened' && found.resolvedAt !== null) return refuse({ kind: 'resolved' });
    const line = { outcome, note, madeBy, madeAt };
    await deps.cases.addLine(tx, municipalityId, caseId, found.lines.length + 1, line);
    return accept({
      ...found,
      resolvedAt: outcome === 'reopened' ? null : madeAt,
      lines: [...found.lines, line],
    });
  });
}
