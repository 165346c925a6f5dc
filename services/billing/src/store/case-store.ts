import type { Database, Queryable } from '@campanella/postgres';
import { cents, id, type MunicipalityId, type PersonId } from '@campanella/vocabulary';
import type { CaseClass, CaseOutcome, CaseStore, OfficeCase } from '../app/office-cases.ts';

interface CaseRow {
  readonly case_id: string;
  readonly class: CaseClass;
  readonly subject_id: string;
  readonly notice_number: string;
  readonly amount_cents: number;
  readonly happened_at: Date;
  readonly opened_at: Date;
  readonly resolved_at: Date | null;
}

interface LineRow {
  readonly case_id: string;
  readonly outcome: CaseOutcome;
  readonly note: string;
  readonly made_by: string;
  readonly made_at: Date;
}

const COLUMNS = `case_id, class, subject_id, notice_number, amount_cents, happened_at, opened_at, resolved_at`;

/** Cases of the office in PostgreSQL. */
export function caseStore(database: Database): CaseStore {
  return {
    async open(tx, municipalityId, opened) {
      await tx.query({
        name: 'open_case',
        text: `insert into office_cases
                 (municipality_id, case_id, class, subject_id, notice_number, amount_cents, happened_at, opened_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (municipality_id, subject_id, class) do nothing`,
        values: [
          ...[municipalityId, opened.caseId, opened.class, opened.subjectId, opened.noticeNumber],
          ...[opened.amountCents, opened.happenedAt, opened.openedAt],
        ],
      });
    },
    async list(municipalityId, state, after, limit) {
      const { rows } = await database.query<CaseRow>(LISTS[state](municipalityId, after, limit));
      return withLines(database, municipalityId, rows);
    },
    async countOpen(municipalityId) {
      const { rows } = await database.query<{ count: number; amount_cents: number }>({
        name: 'count_open_cases',
        text: `select count(*)::int as count, coalesce(sum(amount_cents), 0)::bigint as amount_cents
               from office_cases where municipality_id = $1 and resolved_at is null`,
        values: [municipalityId],
      });
      return { count: rows[0]?.count ?? 0, amountCents: cents(rows[0]?.amount_cents ?? 0) };
    },
    async lock(tx, municipalityId, caseId) {
      const { rows } = await tx.query<CaseRow>({
        name: 'lock_case',
        text: `select ${COLUMNS} from office_cases where municipality_id = $1 and case_id = $2 for update`,
        values: [municipalityId, caseId],
      });
      const [found = null] = await withLines(tx, municipalityId, rows);
      return found;
    },
    async addLine(tx, municipalityId, caseId, ordinal, { outcome, note, madeBy, madeAt }) {
      await tx.query({
        name: 'add_case_line',
        text: `insert into office_case_lines (municipality_id, case_id, ordinal, outcome, note, made_by, made_at)
               values ($1, $2, $3, $4, $5, $6, $7)`,
        values: [municipalityId, caseId, ordinal, outcome, note, madeBy, madeAt],
      });
      await tx.query({
        name: 'set_case_resolved',
        text: `update office_cases set resolved_at = $3 where municipality_id = $1 and case_id = $2`,
        values: [municipalityId, caseId, outcome === 'reopened' ? null : madeAt],
      });
    },
  };
}

type ListQuery = (
  municipalityId: MunicipalityId,
  after: { readonly at: Date; readonly caseId: string } | null,
  limit: number,
) => { name: string; text: string; values: unknown[] };

const LISTS: Record<'open' | 'resolved', ListQuery> = {
  open: (municipalityId, after, limit) => ({
    name: 'list_open_cases',
    text: `select ${COLUMNS} from office_cases where municipality_id = $1 and resolved_at is null
             and ($2::timestamptz is null or (opened_at, case_id) > ($2, $3::uuid))
           order by opened_at, case_id limit $4`,
    values: [municipalityId, after?.at ?? null, after?.caseId ?? null, limit],
  }),
  resolved: (municipalityId, after, limit) => ({
    name: 'list_resolved_cases',
    text: `select ${COLUMNS} from office_cases where municipality_id = $1 and resolved_at is not null
             and ($2::timestamptz is null or resolved_at < $2 or (resolved_at = $2 and case_id > $3::uuid))
           order by resolved_at desc, case_id limit $4`,
    values: [municipalityId, after?.at ?? null, after?.caseId ?? null, limit],
  }),
};

async function withLines(
  from: Queryable,
  municipalityId: MunicipalityId,
  rows: readonly CaseRow[],
): Promise<OfficeCase[]> {
  if (rows.length === 0) return [];
  const { rows: lines } = await from.query<LineRow>({
    name: 'list_case_lines',
    text: `select case_id, outcome, note, made_by, made_at from office_case_lines
           where municipality_id = $1 and case_id = any($2) order by case_id, ordinal`,
    values: [municipalityId, rows.map(({ case_id }) => case_id)],
  });
  return rows.map((row) => ({
    caseId: row.case_id,
    class: row.class,
    subjectId: row.subject_id,
    noticeNumber: row.notice_number,
    amountCents: cents(row.amount_cents),
    happenedAt: row.happened_at,
    openedAt: row.opened_at,
    resolvedAt: row.resolved_at,
    lines: lines
      .filter(({ case_id }) => case_id === row.case_id)
      .map((line) => ({
        ...{ outcome: line.outcome, note: line.note, madeBy: id<PersonId>(line.made_by), madeAt: line.made_at },
      })),
  }));
}
