import type { FieldCipher } from '@campanella/field-encryption';
import type { Database } from '@campanella/postgres';
import { cents, id, type PupilId } from '@campanella/vocabulary';
import { z } from 'zod';
import type { CertificationStore } from '../app/certification-run.ts';

const Debtor = z.object({ codiceFiscale: z.string(), fullName: z.string() });
/** How a payment was made, in a receipt of either version; one that does not say is of a channel that takes no cash by itself. */
const METHOD = /<(?:[\w-]+:)?paymentMethod>\s*([^<]*?)\s*</;
const CASH = /^(?:cash|contant[ei])$/i;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Payments of pupils and what was certified of them, in PostgreSQL; pupils are walked down the keys of their documents and top-ups. */
export function certificationStore(database: Database, cipher: FieldCipher): CertificationStore {
  return {
    async listPupils(municipalityId, after, limit) {
      const next = (than: string) => `least(
        (select pupil_id from documents where municipality_id = $1 and pupil_id > ${than} order by pupil_id limit 1),
        (select pupil_id from top_up_orders where municipality_id = $1 and pupil_id > ${than} order by pupil_id limit 1))`;
      const { rows } = await database.query<{ pupil_id: string }>({
        name: 'list_pupils_with_money',
        text: `with recursive page (pupil_id, n) as (
                 select ${next('$2')}, 1
                 union all select ${next('page.pupil_id')}, n + 1 from page where page.pupil_id is not null and n < $3
               )
               select pupil_id from page where pupil_id is not null order by pupil_id`,
        values: [municipalityId, after ?? BEFORE_ALL, limit],
      });
      return rows.map((row) => id<PupilId>(row.pupil_id));
    },
    async listPayments(municipalityId, pupilIds, year) {
      const { rows } = await database.query<{
        pupil_id: string;
        service: string;
        amount_cents: number;
        at: Date;
        position_id: string;
        debtor_sealed: string;
        receipt_id: string | null;
        message_sealed: string | null;
      }>({
        name: 'list_payments_of_pupils',
        text: `with subjects as (
                 select pupil_id, service, 'instalment' as kind, instalment_id as subject_id
                 from documents join instalments using (municipality_id, document_id)
                 where municipality_id = $1 and pupil_id = any($2)
                 union all
                 select pupil_id, service, 'top_up', order_id from top_up_orders
                 where municipality_id = $1 and pupil_id = any($2)
               )
               select pupil_id, service, paid_cents as amount_cents, paid_at as at, positions.position_id, debtor_sealed,
                 receipt_id, message_sealed
               from subjects join positions on positions.municipality_id = $1 and positions.kind = subjects.kind
                   and positions.subject_id = subjects.subject_id
                 join receipts on receipts.municipality_id = $1 and receipts.position_id = positions.position_id
               where handling = 'settled' and paid_at >= $3 and paid_at < $4
               union all
               select notes.pupil_id, notes.service, notes.credited_cents - notes.amount_cents, notes.refunded_at,
                 positions.position_id, debtor_sealed, null, null
               from documents notes cross join lateral (
                   select positions.position_id, debtor_sealed from instalments join positions
                     on positions.municipality_id = $1 and positions.kind = 'instalment' and subject_id = instalment_id
                   where instalments.municipality_id = $1 and document_id = notes.corrects_id order by ordinal limit 1
                 ) positions
               where notes.municipality_id = $1 and notes.pupil_id = any($2) and notes.kind = 'credit_note'
                 and notes.refunded_at >= $3 and notes.refunded_at < $4`,
        // Rome is never more than a day from UTC: what is of another year there is left out by the rule.
        values: [municipalityId, pupilIds, `${year - 1}-12-31T00:00:00Z`, `${year + 1}-01-02T00:00:00Z`],
      });
      const payments = rows.map((row) => ({
        pupilId: id<PupilId>(row.pupil_id),
        payer: Debtor.parse(
          JSON.parse(cipher.decrypt(row.debtor_sealed, `positions.debtor/${municipalityId}/${row.position_id}`)),
        ),
        service: row.service,
        amountCents: cents(row.amount_cents),
        at: row.at,
        isTraceable:
          row.message_sealed === null ||
          !isCash(cipher.decrypt(row.message_sealed, `receipts.message/${municipalityId}/${row.receipt_id}`)),
      }));
      return Map.groupBy(payments, ({ pupilId }) => pupilId);
    },
    async listFiled(municipalityId, pupilIds, year) {
      const { rows } = await database.query<{
        pupil_id: string;
        ordinal: number;
        payer_sealed: string;
        amount_cents: number;
        document_id: string;
      }>({
        name: 'list_certifications',
        text: `select pupil_id, ordinal, payer_sealed, amount_cents, document_id from certifications
               where municipality_id = $1 and pupil_id = any($2) and year = $3`,
        values: [municipalityId, pupilIds, year],
      });
      return rows.map((row) => ({
        ...{ pupilId: id<PupilId>(row.pupil_id), year, ordinal: row.ordinal, amountCents: row.amount_cents },
        payerCode: cipher.decrypt(row.payer_sealed, contextOf(municipalityId, { pupilId: row.pupil_id, year })),
        documentId: row.document_id,
      }));
    },
    async put(tx, municipalityId, certifications, now) {
      await tx.query({
        name: 'put_certifications',
        text: `insert into certifications (municipality_id, pupil_id, year, ordinal, payer_sealed, amount_cents, document_id, filed_at)
               select $1, given.*, $2
               from unnest($3::uuid[], $4::int[], $5::int[], $6::text[], $7::bigint[], $8::uuid[]) given
               on conflict (municipality_id, pupil_id, year, ordinal) do update set
                 amount_cents = excluded.amount_cents, document_id = excluded.document_id, filed_at = excluded.filed_at`,
        values: [
          ...[municipalityId, now, certifications.map(({ pupilId }) => pupilId), certifications.map((one) => one.year)],
          certifications.map(({ ordinal }) => ordinal),
          certifications.map((one) => cipher.encrypt(one.payerCode, contextOf(municipalityId, one))),
          ...[certifications.map((one) => one.amountCents), certifications.map(({ documentId }) => documentId)],
        ],
      });
    },
  };
}

function isCash(message: string): boolean {
  return CASH.test(METHOD.exec(message)?.[1] ?? '');
}

function contextOf(municipalityId: number, { pupilId, year }: { pupilId: string; year: number }): string {
  return `certifications.payer/${municipalityId}/${pupilId}/${year}`;
}
