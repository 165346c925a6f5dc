import type { Database } from '@campanella/postgres';
import { cents, id, type PupilId, serviceCode, serviceDate } from '@campanella/vocabulary';
import type { DocumentStore } from '../app/ports.ts';
import type { Instalment, Vat } from '../domain/document.ts';

type Credits = Pick<
  DocumentStore,
  'listBriefs' | 'listBilledMeals' | 'chargeMeals' | 'creditMeals' | 'listCreditsLeft' | 'listCreditable' | 'credit'
>;

/** Meals that documents charge, and what credit notes took off, in PostgreSQL. */
export function documentCredits(database: Database): Credits {
  return {
    async listBriefs(municipalityId, documentIds) {
      const { rows } = await database.query<{
        document_id: string;
        series: string;
        year: number;
        number: number;
        vat: Vat;
      }>({
        name: 'list_document_briefs',
        text: `select document_id, series, year, number, vat from documents
               where municipality_id = $1 and document_id = any($2)`,
        values: [municipalityId, documentIds],
      });
      return new Map(rows.map(({ document_id: documentId, ...row }) => [documentId, { documentId, ...row }]));
    },
    async listBilledMeals(municipalityId, service, pupilIds, from, until) {
      const { rows } = await database.query<{
        pupil_id: string;
        service_date: string;
        amount_cents: number;
        document_id: string;
        is_credited: boolean;
      }>({
        name: 'list_billed_meals',
        text: `select pupil_id, service_date, amount_cents, document_id, credit_note_id is not null as is_credited
               from document_charges
               where municipality_id = $1 and service = $2 and pupil_id = any($3) and service_date between $4 and $5`,
        values: [municipalityId, service, pupilIds, from, until],
      });
      const meals = rows.map((row) => ({
        pupilId: id<PupilId>(row.pupil_id),
        serviceDate: serviceDate(row.service_date),
        amountCents: cents(row.amount_cents),
        documentId: row.document_id,
        isCredited: row.is_credited,
      }));
      return Map.groupBy(meals, ({ pupilId }) => pupilId);
    },
    async chargeMeals(tx, municipalityId, service, meals) {
      await tx.query({
        name: 'charge_meals',
        text: `insert into document_charges (municipality_id, service, pupil_id, service_date, document_id, amount_cents)
               select $1, $2, given.* from unnest($3::uuid[], $4::date[], $5::uuid[], $6::bigint[]) given`,
        values: [
          ...[municipalityId, service, meals.map(({ pupilId }) => pupilId), meals.map((meal) => meal.serviceDate)],
          ...[meals.map(({ documentId }) => documentId), meals.map(({ amountCents }) => amountCents)],
        ],
      });
    },
    async creditMeals(tx, municipalityId, service, meals) {
      const { rowCount } = await tx.query({
        name: 'credit_meals',
        text: `update document_charges set credit_note_id = given.credit_note_id
               from unnest($3::uuid[], $4::date[], $5::uuid[]) given (pupil_id, service_date, credit_note_id)
               where municipality_id = $1 and service = $2 and document_charges.pupil_id = given.pupil_id
                 and document_charges.service_date = given.service_date and document_charges.credit_note_id is null`,
        values: [
          ...[municipalityId, service, meals.map(({ pupilId }) => pupilId), meals.map((meal) => meal.serviceDate)],
          meals.map(({ creditNoteId }) => creditNoteId),
        ],
      });
      if (rowCount !== meals.length) throw new Error('a meal that is to be credited was credited already');
    },
    async listCreditsLeft(tx, municipalityId, service, pupilIds) {
      const { rows } = await tx.query<{
        document_id: string;
        corrects_id: string;
        pupil_id: string;
        amount_cents: number;
        credited_cents: number;
        service: string;
      }>({
        name: 'list_credits_left',
        text: `select document_id, corrects_id, pupil_id, service, amount_cents, credited_cents from documents
               where municipality_id = $1 and pupil_id = any($2) and service = $3 and kind = 'credit_note'
                 and credited_cents < amount_cents and refunded_at is null
               order by issued_on, document_id`,
        values: [municipalityId, pupilIds, service],
      });
      return rows.map((row) => ({
        documentId: row.document_id,
        correctsId: row.corrects_id,
        pupilId: id<PupilId>(row.pupil_id),
        service: serviceCode(row.service),
        amountCents: cents(row.amount_cents),
        creditedCents: cents(row.credited_cents),
      }));
    },
    async listCreditable(tx, municipalityId, { correctsId, pupilId, service }) {
      const { rows } = await tx.query<{ instalment_id: string; amount_cents: number; state: Instalment['state'] }>({
        name: 'list_creditable_instalments',
        text: `select instalment_id, instalments.amount_cents - instalments.credited_cents as amount_cents, state
               from documents join instalments using (municipality_id, document_id)
               where municipality_id = $1 and pupil_id = $2 and service = $3 and state in ('open', 'handed_over')
               order by document_id = $4, issued_on desc, due_on, instalment_id`,
        values: [municipalityId, pupilId, service, correctsId],
      });
      return rows.map((row) => ({
        instalmentId: row.instalment_id,
        amountCents: cents(row.amount_cents),
        state: row.state,
      }));
    },
    async credit(tx, municipalityId, creditNoteId, parts, now) {
      await tx.query({
        name: 'credit_instalments',
        text: `with given as (
                 select * from unnest($3::uuid[], $4::bigint[]) given (instalment_id, cents)
               ), kept as (
                 insert into instalment_credits (municipality_id, credit_note_id, instalment_id, credited_cents, credited_at)
                 select $1, $2, instalment_id, cents, $5 from given
                 on conflict (municipality_id, credit_note_id, instalment_id)
                 do update set credited_cents = instalment_credits.credited_cents + excluded.credited_cents
               ), lowered as (
                 update instalments set credited_cents = credited_cents + cents,
                   state = case when credited_cents + cents = amount_cents then 'cancelled' else state end
                 from given where municipality_id = $1 and instalments.instalment_id = given.instalment_id
                 returning document_id, cents
               ), sums as (
                 select document_id, sum(cents)::bigint as cents from lowered group by document_id
                 union all select $2, sum(cents)::bigint from given
               )
               update documents set credited_cents = credited_cents + sums.cents from sums
               where documents.municipality_id = $1 and documents.document_id = sums.document_id`,
        values: [
          ...[municipalityId, creditNoteId, parts.map(({ instalmentId }) => instalmentId)],
          ...[parts.map(({ creditedCents }) => creditedCents), now],
        ],
      });
    },
  };
}
