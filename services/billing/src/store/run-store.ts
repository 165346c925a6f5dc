import type { Database } from '@campanella/postgres';
import { type MunicipalityId, numberId } from '@campanella/vocabulary';
import type { Run, RunKind, RunStore } from '../app/runs.ts';

interface RunRow {
  readonly municipality_id: number;
  readonly run_id: string;
  readonly kind: RunKind;
  readonly scope: string;
  readonly settings: unknown;
  readonly state: Run['state'];
  readonly prepared_by: string;
  readonly prepared_at: Date;
  readonly confirmed_by: string | null;
  readonly confirmed_at: Date | null;
  readonly ended_at: Date | null;
  readonly next_after: string | null;
  readonly preview: Run['preview'];
  readonly report: Run['report'];
}

const COLUMNS = `municipality_id, run_id, kind, scope, settings, state, prepared_by, prepared_at, confirmed_by,
  confirmed_at, ended_at, next_after, preview, report`;

/** Runs and their reports in PostgreSQL. */
export function runStore(database: Database): RunStore {
  return {
    async insert(tx, run) {
      const { rowCount } = await tx.query({
        name: 'insert_run',
        text: `insert into runs (municipality_id, run_id, kind, scope, settings, state, prepared_by, prepared_at, preview, report)
               values ($1, $2, $3, $4, $5, 'previewing', $6, $7, '{"totals": {}, "sample": []}', '{"totals": {}}')
               on conflict do nothing`,
        values: [
          ...[run.municipalityId, run.runId, run.kind, run.scope, JSON.stringify(run.settings), run.preparedBy],
          run.preparedAt,
        ],
      });
      return rowCount === 1;
    },
    async find(municipalityId, runId, tx) {
      const { rows } = await (tx ?? database).query<RunRow>({
        name: tx === undefined ? 'find_run' : 'lock_run',
        text: `select ${COLUMNS} from runs where municipality_id = $1 and run_id = $2 ${tx === undefined ? '' : 'for update'}`,
        values: [municipalityId, runId],
      });
      return rows[0] === undefined ? null : toRun(rows[0]);
    },
    async list(municipalityId, after, limit) {
      const { rows } = await database.query<RunRow>({
        name: 'list_runs',
        text: `select ${COLUMNS} from runs
               where municipality_id = $1 and ($2::timestamptz is null or (prepared_at, run_id) < ($2, $3::uuid))
               order by prepared_at desc, run_id desc limit $4`,
        values: [municipalityId, after?.preparedAt ?? null, after?.runId ?? null, limit],
      });
      return rows.map(toRun);
    },
    async claim(now, until) {
      const { rows } = await database.query<RunRow>({
        name: 'claim_run',
        text: `update runs set claimed_until = $2
               where (municipality_id, run_id) = (
                 select municipality_id, run_id from runs
                 where state in ('previewing', 'issuing') and (claimed_until is null or claimed_until < $1)
                 order by prepared_at limit 1 for update skip locked)
               returning ${COLUMNS}`,
        values: [now, until],
      });
      return rows[0] === undefined ? null : toRun(rows[0]);
    },
    async lockAt(tx, run) {
      const { rows } = await tx.query<RunRow>({
        name: 'lock_run_at',
        text: `select ${COLUMNS} from runs where municipality_id = $1 and run_id = $2 and state = $3
                 and next_after is not distinct from $4 for update`,
        values: [run.municipalityId, run.runId, run.state, run.nextAfter],
      });
      return rows[0] === undefined ? null : toRun(rows[0]);
    },
    async save(tx, run) {
      await tx.query({
        name: 'save_run',
        text: `update runs set state = $3, confirmed_by = $4, confirmed_at = $5, ended_at = $6, next_after = $7,
                 preview = $8, report = $9, claimed_until = null
               where municipality_id = $1 and run_id = $2`,
        values: [
          ...[run.municipalityId, run.runId, run.state, run.confirmedBy, run.confirmedAt, run.endedAt, run.nextAfter],
          ...[JSON.stringify(run.preview), JSON.stringify(run.report)],
        ],
      });
    },
    async addLines(tx, run, lines) {
      await tx.query({
        name: 'add_run_lines',
        text: `insert into run_lines (municipality_id, run_id, outcome, subject_id, amount_cents)
               select $1, $2, outcome, subject_id, amount_cents
               from unnest($3::text[], $4::uuid[], $5::bigint[]) lines (outcome, subject_id, amount_cents)`,
        values: [
          ...[run.municipalityId, run.runId, lines.map(({ outcome }) => outcome)],
          ...[lines.map(({ subjectId }) => subjectId), lines.map(({ amountCents }) => amountCents)],
        ],
      });
    },
    async listLines(municipalityId, runId, after, limit) {
      const { rows } = await database.query<{ outcome: string; subject_id: string; amount_cents: number }>({
        name: 'list_run_lines',
        text: `select outcome, subject_id, amount_cents from run_lines
               where municipality_id = $1 and run_id = $2 and ($3::text is null or (outcome, subject_id) > ($3, $4::uuid))
               order by outcome, subject_id limit $5`,
        values: [municipalityId, runId, after?.outcome ?? null, after?.subjectId ?? null, limit],
      });
      return rows.map(({ outcome, subject_id: subjectId, amount_cents: amountCents }) => ({
        ...{ outcome, subjectId, amountCents },
      }));
    },
  };
}

function toRun(row: RunRow): Run {
  return {
    municipalityId: numberId<MunicipalityId>(row.municipality_id),
    runId: row.run_id,
    kind: row.kind,
    scope: row.scope,
    settings: row.settings,
    state: row.state,
    preparedBy: row.prepared_by,
    preparedAt: row.prepared_at,
    confirmedBy: row.confirmed_by,
    confirmedAt: row.confirmed_at,
    endedAt: row.ended_at,
    nextAfter: row.next_after,
    preview: row.preview,
    report: row.report,
  };
}
