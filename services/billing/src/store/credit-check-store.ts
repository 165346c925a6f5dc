import type { Database } from '@campanella/postgres';
import { cents, id, type MunicipalityId, numberId, type PupilId, serviceCode } from '@campanella/vocabulary';
import type { CreditCheckStore } from '../app/alert-low-credit.ts';

/** Balances to be looked at, in PostgreSQL. */
export function creditCheckStore(database: Database): CreditCheckStore {
  return {
    async ask(tx, checks) {
      await tx.query({
        name: 'ask_credit_checks',
        text: `insert into credit_checks (municipality_id, pupil_id, service)
               select municipality_id, pupil_id, service
               from unnest($1::bigint[], $2::uuid[], $3::text[]) given (municipality_id, pupil_id, service)
                 join top_up_rules using (municipality_id, service)
               where low_credit_cents is not null order by municipality_id, pupil_id, service
               on conflict do nothing`,
        values: [
          ...[checks.map((one) => one.municipalityId), checks.map((one) => one.pupilId)],
          checks.map(({ service }) => service),
        ],
      });
    },
    async list(limit) {
      const { rows } = await database.query<{
        municipality_id: number;
        pupil_id: string;
        service: string;
        low_credit_cents: number;
        last_order_id: string | null;
      }>({
        name: 'list_credit_checks',
        text: `select municipality_id, pupil_id, service, low_credit_cents,
                 (select order_id from top_up_orders o where o.municipality_id = c.municipality_id
                    and o.pupil_id = c.pupil_id and o.service = c.service and state = 'credited'
                  order by credited_at desc, order_id limit 1) as last_order_id
               from credit_checks c join top_up_rules using (municipality_id, service)
               where low_credit_cents is not null limit $1`,
        values: [limit],
      });
      return rows.map((row) => ({
        municipalityId: numberId<MunicipalityId>(row.municipality_id),
        pupilId: id<PupilId>(row.pupil_id),
        service: serviceCode(row.service),
        lowCents: cents(row.low_credit_cents),
        lastOrderId: row.last_order_id,
      }));
    },
    async remove(tx, { municipalityId, pupilId, service }) {
      await tx.query({
        name: 'remove_credit_check',
        text: `delete from credit_checks where municipality_id = $1 and pupil_id = $2 and service = $3`,
        values: [municipalityId, pupilId, service],
      });
    },
  };
}
