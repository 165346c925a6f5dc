import type { Database } from '@campanella/postgres';
import { cents, serviceCode } from '@campanella/vocabulary';
import type { BillingRules, RulesStore } from '../app/ports.ts';

interface RulesRow {
  readonly service: string;
  readonly label: string;
  readonly kind: BillingRules['kind'];
  readonly vat: BillingRules['vat'];
  readonly series: string;
  readonly taxonomy_code: string;
  readonly instalment_count: number;
  readonly instalment_least_cents: number;
  readonly due_days: number;
  readonly days_apart: number;
}

const COLUMNS = `service, label, kind, vat, series, taxonomy_code, instalment_count, instalment_least_cents, due_days, days_apart`;

/** How services are billed, in PostgreSQL. */
export function rulesStore(database: Database): RulesStore {
  return {
    async find(municipalityId, service) {
      const { rows } = await database.query<RulesRow>({
        name: 'find_billing_rules',
        text: `select ${COLUMNS} from billing_rules where municipality_id = $1 and service = $2`,
        values: [municipalityId, service],
      });
      const [row] = rows;
      if (row === undefined) return null;
      return {
        service: serviceCode(row.service),
        label: row.label,
        kind: row.kind,
        vat: row.vat,
        series: row.series,
        taxonomyCode: row.taxonomy_code,
        instalmentCount: row.instalment_count,
        instalmentLeastCents: cents(row.instalment_least_cents),
        dueDays: row.due_days,
        daysApart: row.days_apart,
      };
    },
    async put(municipalityId, rules, tx) {
      const { rowCount } = await (tx ?? database).query({
        name: 'put_billing_rules',
        text: `insert into billing_rules (municipality_id, ${COLUMNS})
               select municipality_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 from creditors where municipality_id = $1
               on conflict (municipality_id, service) do update set
                 label = excluded.label, kind = excluded.kind, vat = excluded.vat, series = excluded.series,
                 taxonomy_code = excluded.taxonomy_code, instalment_count = excluded.instalment_count,
                 instalment_least_cents = excluded.instalment_least_cents, due_days = excluded.due_days,
                 days_apart = excluded.days_apart`,
        values: [
          ...[municipalityId, rules.service, rules.label, rules.kind, rules.vat, rules.series, rules.taxonomyCode],
          ...[rules.instalmentCount, rules.instalmentLeastCents, rules.dueDays, rules.daysApart],
        ],
      });
      return rowCount === 1;
    },
    async lastBilled(municipalityId, service) {
      const { rows } = await database.query<{ as_of_ms: number }>({
        name: 'find_last_billed',
        text: `select (settings ->> 'asOfMs')::bigint as as_of_ms from runs
               where municipality_id = $1 and kind = 'billing' and scope = $2 and state = 'done'
               order by settings ->> 'month' desc, prepared_at desc limit 1`,
        values: [municipalityId, service],
      });
      return rows[0] === undefined ? null : { asOfMs: rows[0].as_of_ms };
    },
  };
}
