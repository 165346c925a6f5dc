import type { Database, Queryable } from '@campanella/postgres';
import { cents, type MunicipalityId, type PupilId, serviceDate } from '@campanella/vocabulary';
import type { DocumentStore, IssuedDocument, Payable } from '../app/ports.ts';
import type { AccountingDocument, DocumentKind, Instalment } from '../domain/document.ts';

interface DocumentRow {
  readonly document_id: string;
  readonly kind: DocumentKind;
  readonly year: number;
  readonly number: number;
  readonly pupil_id: string;
  readonly service: string;
  readonly description: string;
  readonly issued_on: string;
  readonly amount_cents: number;
  readonly vat_cents: number;
  readonly stamp_cents: number;
  readonly handed_over_at: Date | null;
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
  readonly year: number;
  readonly number: number;
  readonly description: string;
  readonly issued_on: string;
  readonly instalment_count: number;
}

const PAYABLE = `select instalment_id, document_id, instalments.ordinal, instalments.amount_cents, instalments.due_on,
    instalments.state, paid_at, notice_number, cart_until, pupil_id, year, number, documents.description, issued_on,
    (select count(*)::int from instalments others where others.municipality_id = documents.municipality_id
       and others.document_id = documents.document_id) as instalment_count
  from instalments join documents using (municipality_id, document_id)
    join positions on positions.municipality_id = instalments.municipality_id and positions.kind = 'instalment'
      and subject_id = instalment_id`;

/** Documents and their instalments in PostgreSQL. */
export function documentStore(database: Database): DocumentStore {
  return {
    async takeNumber(tx, municipalityId, year) {
      const { rows } = await tx.query<{ last_number: number }>({
        name: 'take_document_number',
        text: `insert into document_counters (municipality_id, year, last_number) values ($1, $2, 1)
               on conflict (municipality_id, year) do update set last_number = document_counters.last_number + 1
               returning last_number`,
        values: [municipalityId, year],
      });
      return rows[0]?.last_number ?? 1;
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
    insert: (tx, document, now) => insert(tx, document, now),
    async list(municipalityId, pupilIds, after, limit) {
      const { rows } = await database.query<DocumentRow>({
        name: 'list_documents',
        text: `select document_id, kind, year, number, pupil_id, service, description, issued_on, amount_cents, vat_cents,
                 stamp_cents, handed_over_at
               from documents where municipality_id = $1 and pupil_id = any($2)
                 and ($3::date is null or (issued_on, year, number) < ($3, $4::int, $5::int))
               order by issued_on desc, year desc, number desc limit $6`,
        values: [
          ...[municipalityId, pupilIds, after?.issuedOn ?? null, after?.year ?? null, after?.number ?? null],
          limit,
        ],
      });
      const instalments = await instalmentsOf(database, municipalityId, rows);
      return rows.map((row) => toDocument(row, instalments.get(row.document_id) ?? []));
    },
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
      await tx.query({
        name: 'hand_over_instalments',
        text: `update instalments set state = 'handed_over'
               where municipality_id = $1 and document_id = $2 and state = 'open'`,
        values: [municipalityId, documentId],
      });
    },
  };
}

async function insert(tx: Queryable, document: IssuedDocument, now: Date): Promise<void> {
  const { municipalityId, documentId, kind, year, number, pupilId, service, description, issuedOn } = document;
  await tx.query({
    name: 'insert_document',
    text: `insert into documents (municipality_id, document_id, kind, year, number, pupil_id, service, description,
             issued_on, amount_cents, vat, vat_cents, stamp_cents, content, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    values: [
      ...[municipalityId, documentId, kind, year, number, pupilId, service, description, issuedOn],
      ...[document.amountCents, document.vat, document.vatCents, document.stampCents, document.content, now],
    ],
  });
  await tx.query({
    name: 'insert_instalments',
    text: `insert into instalments (municipality_id, instalment_id, document_id, ordinal, amount_cents, due_on, state)
           select $1, instalment_id, $2, ordinal, amount_cents, due_on, 'open'
           from unnest($3::uuid[], $4::bigint[], $5::date[])
             with ordinality given (instalment_id, amount_cents, due_on, ordinal)`,
    values: [
      ...[municipalityId, documentId, document.instalments.map(({ instalmentId }) => instalmentId)],
      ...[document.instalments.map((one) => one.amountCents), document.instalments.map(({ dueOn }) => dueOn)],
    ],
  });
}

async function instalmentsOf(
  database: Queryable,
  municipalityId: MunicipalityId,
  documents: readonly DocumentRow[],
): Promise<ReadonlyMap<string, readonly InstalmentRow[]>> {
  const { rows } = await database.query<InstalmentRow>({
    name: 'list_instalments',
    text: `select document_id, instalment_id, ordinal, instalments.amount_cents, instalments.due_on, instalments.state,
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
    year: row.year,
    number: row.number,
    pupilId: row.pupil_id,
    service: row.service,
    description: row.description,
    issuedOn: serviceDate(row.issued_on),
    amountCents: cents(row.amount_cents),
    vatCents: cents(row.vat_cents),
    stampCents: cents(row.stamp_cents),
    isHandedOver: row.handed_over_at !== null,
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

function toPayable(row: PayableRow): Payable {
  return {
    instalmentId: row.instalment_id,
    documentId: row.document_id,
    pupilId: row.pupil_id,
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
