import type { Database, Queryable } from '@campanella/postgres';
import {
  addCents,
  cents,
  id,
  type MunicipalityId,
  type PupilId,
  serviceCode,
  serviceDate,
} from '@campanella/vocabulary';
import type { DocumentFile, DocumentStore, IssuedDocument, Payable } from '../app/ports.ts';
import type { AccountingDocument, DocumentKind, Instalment, Vat } from '../domain/document.ts';
import { type NoticeNumber, parseNoticeNumber } from '../domain/notice-number.ts';
import { documentCredits } from './document-credits.ts';

interface DocumentRow {
  readonly document_id: string;
  readonly kind: DocumentKind;
  readonly series: string;
  readonly year: number;
  readonly number: number;
  readonly pupil_id: string;
  readonly service: string;
  readonly description: string;
  readonly issued_on: string;
  readonly amount_cents: number;
  readonly vat_cents: number;
  readonly stamp_cents: number;
  readonly credited_cents: number;
  readonly handed_over_at: Date | null;
  readonly reminded_at: Date | null;
  readonly refunded_at: Date | null;
}

interface InstalmentRow {
  readonly document_id: string;
  readonly instalment_id: string;
  readonly ordinal: number;
  readonly amount_cents: number;
  readonly due_on: string;
  readonly state: Instalment['state'];
  readonly paid_at: Date | null;
  readonly notice_number: string;
  readonly cart_until: Date | null;
}

interface PayableRow extends InstalmentRow {
  readonly pupil_id: string;
  readonly series: string;
  readonly year: number;
  readonly number: number;
  readonly description: string;
  readonly issued_on: string;
  readonly instalment_count: number;
}

const PAYABLE = `select instalment_id, document_id, instalments.ordinal,
    instalments.amount_cents - instalments.credited_cents as amount_cents, instalments.due_on, instalments.state, paid_at,
    notice_number, cart_until, pupil_id, series, year, number, documents.description, issued_on,
    (select count(*)::int from instalments others where others.municipality_id = documents.municipality_id
       and others.document_id = documents.document_id) as instalment_count
  from instalments join documents using (municipality_id, document_id)
    join positions on positions.municipality_id = instalments.municipality_id and positions.kind = 'instalment'
      and subject_id = instalment_id`;

const DOCUMENT = `document_id, kind, series, year, number, pupil_id, service, description, issued_on, amount_cents, vat_cents,
  stamp_cents, credited_cents, handed_over_at, reminded_at, refunded_at`;

/** Documents and their instalments in PostgreSQL. */
export function documentStore(database: Database): DocumentStore {
  return {
    ...documentCredits(database),
    async takeNumbers(tx, municipalityId, { series, year }, count) {
      const { rows } = await tx.query<{ last_number: number }>(
        series === ''
          ? {
              name: 'take_document_numbers',
              text: `insert into document_counters (municipality_id, year, last_number) values ($1, $2, $3)
                     on conflict (municipality_id, year)
                     do update set last_number = document_counters.last_number + excluded.last_number
                     returning last_number`,
              values: [municipalityId, year, count],
            }
          : {
              name: 'take_document_numbers_of_series',
              text: `insert into document_series (municipality_id, series, year, last_number) values ($1, $4, $2, $3)
                     on conflict (municipality_id, series, year)
                     do update set last_number = document_series.last_number + excluded.last_number
                     returning last_number`,
              values: [municipalityId, year, count, series],
            },
      );
      return rows[0]?.last_number ?? count;
    },
    async findIssued(tx, municipalityId, documentId) {
      await tx.query({
        name: 'lock_document',
        text: `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
        values: [`documents/${municipalityId}/${documentId}`],
      });
      const { rows } = await tx.query<{ year: number; number: number; amount_cents: number; content: string }>({
        name: 'find_issued',
        text: `select year, number, amount_cents, content from documents where municipality_id = $1 and document_id = $2`,
        values: [municipalityId, documentId],
      });
      const [row] = rows;
      return row === undefined ? null : { ...row, amountCents: cents(row.amount_cents) };
    },
    insert,
    async list(municipalityId, pupilIds, after, limit) {
      const { rows } = await database.query<DocumentRow>({
        name: 'list_documents',
        text: `select ${DOCUMENT} from documents where municipality_id = $1 and pupil_id = any($2)
                 and ($3::date is null or (issued_on, year, number, series) < ($3, $4::int, $5::int, $6))
               order by issued_on desc, year desc, number desc, series desc limit $7`,
        values: [
          ...[municipalityId, pupilIds, after?.issuedOn ?? null, after?.year ?? null, after?.number ?? null],
          ...[after?.series ?? null, limit],
        ],
      });
      const instalments = await instalmentsOf(database, municipalityId, rows);
      return rows.map((row) => toDocument(row, instalments.get(row.document_id) ?? []));
    },
    findFile: (municipalityId, pupilIds, documentId) => findFile(database, municipalityId, pupilIds, documentId),
    async listPayables(municipalityId, pupilIds, after, limit) {
      const { rows } = await database.query<PayableRow>({
        name: 'list_payables',
        text: `${PAYABLE} where documents.municipality_id = $1 and pupil_id = any($2) and instalments.state = 'open'
                 and ($3::date is null or (instalments.due_on, instalment_id) < ($3, $4::uuid))
               order by instalments.due_on desc, instalment_id desc limit $5`,
        values: [municipalityId, pupilIds, after?.dueOn ?? null, after?.instalmentId ?? null, limit],
      });
      return rows.map(toPayable);
    },
    async findPayable(municipalityId, pupilIds, instalmentId, tx) {
      const row = await findInstalment(tx ?? database, municipalityId, pupilIds, instalmentId);
      return row?.state === 'open' ? toPayable(row) : null;
    },
    async findPaid(municipalityId, pupilIds, instalmentId, tx) {
      const from: Queryable = tx ?? database;
      const row = await findInstalment(from, municipalityId, pupilIds, instalmentId);
      if (row === null || row.state !== 'paid') return null;
      const { rows } = await from.query<{ receipt_id: string; paid_at: Date; psp_name: string }>({
        name: 'find_receipt_of_instalment',
        text: `select receipts.receipt_id, receipts.paid_at, psp_name
               from instalments join receipts using (municipality_id, receipt_id)
               where municipality_id = $1 and instalment_id = $2`,
        values: [municipalityId, instalmentId],
      });
      const [receipt] = rows;
      if (receipt === undefined) return null;
      const { receipt_id: receiptId, paid_at: paidAt, psp_name: pspName } = receipt;
      return { payable: toPayable(row), receiptId, paidAt, pspName };
    },
    async markPaid(tx, municipalityId, instalmentId, { paidAt, receiptId }) {
      await tx.query({
        name: 'mark_instalment_paid',
        text: `update instalments set state = 'paid', paid_at = $3, receipt_id = $4
               where municipality_id = $1 and instalment_id = $2`,
        values: [municipalityId, instalmentId, paidAt, receiptId],
      });
    },
    async listOpen(tx, municipalityId, documentId) {
      const { rows } = await tx.query<{ instalment_id: string; state: Instalment['state'] }>({
        name: 'list_open_instalments',
        text: `select instalment_id, state from instalments where municipality_id = $1 and document_id = $2
               order by instalment_id`,
        values: [municipalityId, documentId],
      });
      if (rows.length === 0) return null;
      return rows.filter(({ state }) => state === 'open').map((row) => row.instalment_id);
    },
    async markRefunded(tx, municipalityId, creditNoteId, now) {
      const { rows } = await tx.query<{ is_marked: boolean }>({
        name: 'mark_refunded',
        text: `with marked as (
                 update documents set refunded_at = $3
                 where municipality_id = $1 and document_id = $2 and kind = 'credit_note' and credited_cents < amount_cents
                   and refunded_at is null returning 1
               )
               select exists (select from marked) as is_marked from documents
               where municipality_id = $1 and document_id = $2 and kind = 'credit_note' and credited_cents < amount_cents`,
        values: [municipalityId, creditNoteId, now],
      });
      const [row] = rows;
      if (row === undefined) return 'unknown';
      return row.is_marked ? 'marked' : 'again';
    },
    async listHandedOver(municipalityId, runId, after, limit) {
      const { rows } = await database.query<{
        document_id: string;
        series: string;
        year: number;
        number: number;
        description: string;
        issued_on: string;
        due_on: string;
        reminded_at: Date | null;
        amount_cents: number;
        notice_number: string;
      }>({
        name: 'list_handed_over',
        text: `select document_id, series, year, number, documents.description, issued_on, notices.due_on, reminded_at,
                 run_lines.amount_cents, notice_number
               from run_lines join documents on documents.municipality_id = run_lines.municipality_id
                   and document_id = subject_id
                 cross join lateral (
                   select instalments.due_on, notice_number from instalments join positions
                     on positions.municipality_id = instalments.municipality_id and positions.kind = 'instalment'
                       and positions.subject_id = instalment_id
                   where instalments.municipality_id = documents.municipality_id
                     and instalments.document_id = documents.document_id order by ordinal limit 1) notices
               where run_lines.municipality_id = $1 and run_id = $2 and outcome = 'handed_over'
                 and ($3::uuid is null or run_lines.subject_id > $3)
               order by run_lines.subject_id limit $4`,
        values: [municipalityId, runId, after, limit],
      });
      return rows.map((row) => ({
        documentId: row.document_id,
        series: row.series,
        year: row.year,
        number: row.number,
        description: row.description,
        issuedOn: serviceDate(row.issued_on),
        dueOn: serviceDate(row.due_on),
        remindedAt: row.reminded_at,
        amountCents: cents(row.amount_cents),
        noticeNumber: knownNotice(row.notice_number),
      }));
    },
    async listOverdue(municipalityId, { dueBefore, remindedBefore, after, limit }) {
      const { rows } = await database.query<{
        document_id: string;
        pupil_id: string;
        service: string;
        description: string;
        unpaid_cents: number;
        due_on: string;
        reminded_at: Date | null;
      }>({
        name: 'list_overdue_documents',
        text: `select document_id, pupil_id, service, description, reminded_at, min(due_on) as due_on,
                 sum(instalments.amount_cents - instalments.credited_cents)::bigint as unpaid_cents
               from instalments join documents using (municipality_id, document_id)
               where municipality_id = $1 and state = 'open' and ($2::uuid is null or document_id > $2)
                 and ($4::timestamptz is null or reminded_at < $4)
               group by municipality_id, document_id, documents.pupil_id, service, description, reminded_at
               having min(due_on) < $3 order by document_id limit $5`,
        values: [municipalityId, after, dueBefore, remindedBefore, limit],
      });
      return rows.map((row) => ({
        documentId: row.document_id,
        pupilId: id<PupilId>(row.pupil_id),
        service: serviceCode(row.service),
        description: row.description,
        unpaidCents: cents(row.unpaid_cents),
        dueOn: serviceDate(row.due_on),
        remindedAt: row.reminded_at,
      }));
    },
    async markReminded(tx, municipalityId, documentIds, now) {
      await tx.query({
        name: 'mark_reminded',
        text: `update documents set reminded_at = $3 where municipality_id = $1 and document_id = any($2)`,
        values: [municipalityId, documentIds, now],
      });
    },
    async isHandedOver(tx, municipalityId, documentId) {
      const { rows } = await tx.query<{ is_handed_over: boolean }>({
        name: 'is_handed_over',
        text: `select handed_over_at is not null as is_handed_over from documents
               where municipality_id = $1 and document_id = $2`,
        values: [municipalityId, documentId],
      });
      return rows[0]?.is_handed_over ?? false;
    },
    async handOver(tx, municipalityId, documentId, now) {
      await tx.query({
        name: 'hand_over_document',
        text: `update documents set handed_over_at = $3 where municipality_id = $1 and document_id = $2`,
        values: [municipalityId, documentId, now],
      });
      const { rows } = await tx.query<{ unpaid_cents: number }>({
        name: 'hand_over_instalments',
        text: `update instalments set state = 'handed_over'
               where municipality_id = $1 and document_id = $2 and state = 'open'
               returning amount_cents - credited_cents as unpaid_cents`,
        values: [municipalityId, documentId],
      });
      return addCents(cents(0), ...rows.map((row) => cents(row.unpaid_cents)));
    },
  };
}

async function insert(tx: Queryable, documents: readonly IssuedDocument[], now: Date): Promise<void> {
  const municipalityId = documents[0]?.municipalityId;
  await tx.query({
    name: 'insert_documents',
    text: `insert into documents (municipality_id, document_id, kind, series, year, number, pupil_id, service, description,
             issued_on, amount_cents, vat, vat_cents, stamp_cents, content, corrects_id, created_at)
           select $1, given.*, $2
           from unnest($3::uuid[], $4::text[], $5::text[], $6::int[], $7::int[], $8::uuid[], $9::text[], $10::text[],
             $11::date[], $12::bigint[], $13::text[], $14::bigint[], $15::bigint[], $16::text[], $17::uuid[]) given`,
    values: [
      ...[municipalityId, now, documents.map((one) => one.documentId), documents.map(({ kind }) => kind)],
      ...[documents.map(({ series }) => series), documents.map(({ year }) => year)],
      ...[documents.map(({ number }) => number), documents.map(({ pupilId }) => pupilId)],
      ...[documents.map(({ service }) => service), documents.map(({ description }) => description)],
      ...[documents.map(({ issuedOn }) => issuedOn), documents.map(({ amountCents }) => amountCents)],
      ...[documents.map(({ vat }) => vat), documents.map(({ vatCents }) => vatCents)],
      ...[documents.map(({ stampCents }) => stampCents), documents.map(({ content }) => content)],
      documents.map(({ correctsId }) => correctsId),
    ],
  });
  const instalments = documents.flatMap(({ documentId, instalments: parts }) =>
    parts.map((part, index) => ({ ...part, documentId, ordinal: index + 1 })),
  );
  await tx.query({
    name: 'insert_instalments',
    text: `insert into instalments (municipality_id, instalment_id, document_id, ordinal, amount_cents, due_on, state)
           select $1, given.*, 'open' from unnest($2::uuid[], $3::uuid[], $4::int[], $5::bigint[], $6::date[]) given`,
    values: [
      ...[municipalityId, instalments.map(({ instalmentId }) => instalmentId)],
      ...[instalments.map(({ documentId }) => documentId), instalments.map(({ ordinal }) => ordinal)],
      ...[instalments.map(({ amountCents }) => amountCents), instalments.map(({ dueOn }) => dueOn)],
    ],
  });
}

interface FileRow {
  readonly document_id: string;
  readonly kind: DocumentKind;
  readonly series: string;
  readonly year: number;
  readonly number: number;
  readonly description: string;
  readonly issued_on: string;
  readonly amount_cents: number;
  readonly vat: Vat;
  readonly vat_cents: number;
  readonly stamp_cents: number;
  readonly corrects: { readonly series: string; readonly year: number; readonly number: number } | null;
  readonly notice_number: string;
  readonly meals: readonly { readonly count: number; readonly price_cents: number }[];
  readonly instalments: readonly { readonly amount_cents: number; readonly due_on: string }[];
}

async function findFile(
  database: Queryable,
  municipalityId: MunicipalityId,
  pupilIds: readonly PupilId[],
  documentId: string,
): Promise<DocumentFile | null> {
  const { rows } = await database.query<FileRow>({
    name: 'find_document_file',
    text: `select d.document_id, d.kind, d.series, d.year, d.number, d.description, d.issued_on, d.amount_cents, d.vat,
             d.vat_cents, d.stamp_cents,
             (select json_build_object('series', c.series, 'year', c.year, 'number', c.number) from documents c
              where c.municipality_id = d.municipality_id and c.document_id = d.corrects_id) as corrects,
             (select notice_number from instalments i join positions p on p.municipality_id = i.municipality_id
                and p.kind = 'instalment' and p.subject_id = i.instalment_id
              where i.municipality_id = d.municipality_id and i.document_id = coalesce(d.corrects_id, d.document_id)
              order by ordinal limit 1) as notice_number,
             coalesce((select json_agg(json_build_object('count', count, 'price_cents', amount_cents) order by amount_cents)
              from (select count(*) as count, m.amount_cents from document_charges m
                where m.municipality_id = d.municipality_id
                  and (m.document_id = d.document_id or m.credit_note_id = d.document_id)
                group by m.amount_cents) prices), '[]') as meals,
             coalesce((select json_agg(json_build_object('amount_cents', i.amount_cents, 'due_on', i.due_on) order by ordinal)
              from instalments i where i.municipality_id = d.municipality_id and i.document_id = d.document_id), '[]')
               as instalments
           from documents d where d.municipality_id = $1 and d.pupil_id = any($2) and d.document_id = $3`,
    values: [municipalityId, pupilIds, documentId],
  });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    documentId: row.document_id,
    kind: row.kind,
    series: row.series,
    year: row.year,
    number: row.number,
    description: row.description,
    issuedOn: serviceDate(row.issued_on),
    issuedCents: cents(row.amount_cents),
    vat: row.vat,
    vatCents: cents(row.vat_cents),
    stampCents: cents(row.stamp_cents),
    corrects: row.corrects,
    meals: row.meals.map(({ count, price_cents: price }) => ({ count, priceCents: cents(price) })),
    instalments: row.instalments.map((one) => ({
      amountCents: cents(one.amount_cents),
      dueOn: serviceDate(one.due_on),
    })),
    noticeNumber: knownNotice(row.notice_number),
  };
}

async function instalmentsOf(
  database: Queryable,
  municipalityId: MunicipalityId,
  documents: readonly DocumentRow[],
): Promise<ReadonlyMap<string, readonly InstalmentRow[]>> {
  const { rows } = await database.query<InstalmentRow>({
    name: 'list_instalments',
    text: `select document_id, instalment_id, ordinal,
             instalments.amount_cents - instalments.credited_cents as amount_cents, instalments.due_on, instalments.state,
             paid_at, notice_number, cart_until
           from instalments join positions on positions.municipality_id = instalments.municipality_id
             and positions.kind = 'instalment' and subject_id = instalment_id
           where instalments.municipality_id = $1 and document_id = any($2) order by ordinal`,
    values: [municipalityId, documents.map((row) => row.document_id)],
  });
  return Map.groupBy(rows, (row) => row.document_id);
}

async function findInstalment(
  from: Queryable,
  municipalityId: MunicipalityId,
  pupilIds: readonly PupilId[],
  instalmentId: string,
): Promise<PayableRow | null> {
  const { rows } = await from.query<PayableRow>({
    name: 'find_instalment',
    text: `${PAYABLE} where documents.municipality_id = $1 and pupil_id = any($2) and instalment_id = $3`,
    values: [municipalityId, pupilIds, instalmentId],
  });
  return rows[0] ?? null;
}

function toDocument(row: DocumentRow, instalments: readonly InstalmentRow[]): AccountingDocument {
  return {
    documentId: row.document_id,
    kind: row.kind,
    series: row.series,
    year: row.year,
    number: row.number,
    pupilId: row.pupil_id,
    service: row.service,
    description: row.description,
    issuedOn: serviceDate(row.issued_on),
    issuedCents: cents(row.amount_cents),
    creditedCents: cents(row.credited_cents),
    vatCents: cents(row.vat_cents),
    stampCents: cents(row.stamp_cents),
    isHandedOver: row.handed_over_at !== null,
    isReminded: row.reminded_at !== null,
    isRefunded: row.refunded_at !== null,
    instalments: instalments.map((one) => ({
      instalmentId: one.instalment_id,
      ordinal: one.ordinal,
      amountCents: cents(one.amount_cents),
      dueOn: serviceDate(one.due_on),
      state: one.state,
      paidAt: one.paid_at,
      noticeNumber: one.notice_number,
      cartUntil: one.cart_until,
    })),
  };
}

function knownNotice(text: string): NoticeNumber {
  const notice = parseNoticeNumber(text);
  if (notice === null) throw new Error('positions.notice_number holds what is no notice number');
  return notice;
}

function toPayable(row: PayableRow): Payable {
  return {
    instalmentId: row.instalment_id,
    documentId: row.document_id,
    pupilId: row.pupil_id,
    series: row.series,
    year: row.year,
    number: row.number,
    ordinal: row.ordinal,
    instalmentCount: row.instalment_count,
    description: row.description,
    issuedOn: serviceDate(row.issued_on),
    dueOn: serviceDate(row.due_on),
    amountCents: cents(row.amount_cents),
    noticeNumber: row.notice_number,
    cartUntil: row.cart_until,
  };
}
