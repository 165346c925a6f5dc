import { describeApi } from '@campanella/service-kit';
import { z } from 'zod';
import { CaseLineBody, CasesAnswer, CasesQuery, OfficeCase } from './cases-description.ts';

export const Service = z
  .string()
  .regex(/^[a-z][a-z_]{1,39}$/)
  .describe('Service code, e.g. school_meals');
export const Instant = z.iso.datetime();
export const Amount = z.int().describe('Euro cents');

/** Answer of `GET /api/billing/top-up-rules`. */
export const RulesAnswer = z.object({
  rules: z.array(
    z.object({
      service: Service,
      label: z.string().describe('As parents read it'),
      minimumCents: Amount,
      maximumCents: Amount,
      stepCents: Amount,
    }),
  ),
});

/** What `POST /api/billing/top-ups` takes. */
export const TopUpBody = z.strictObject({
  orderId: z.uuid().describe('Made by the caller: the same order again gets the same answer'),
  pupilId: z.uuid(),
  service: Service,
  badgeNumber: z
    .string()
    .regex(/^[0-9A-Z-]{4,64}$/)
    .nullable()
    .describe('The badge that was chosen, for the page to show'),
  amountCents: Amount,
});

/** One order. */
export const TopUp = z.object({
  orderId: z.uuid(),
  pupilId: z.uuid(),
  service: Service,
  badgeNumber: z.string().nullable(),
  amountCents: Amount,
  state: z
    .enum(['pending', 'in_verification', 'paid', 'credited', 'cancelled', 'expired'])
    .describe(
      'in_verification: a payment was begun and its receipt has not come; paid: received, on the account in moments',
    ),
  orderedAt: Instant,
  expiresOn: z.iso.date().describe('Last day on which it waits for its payment'),
  noticeNumber: z.string().describe('18 digits'),
  paidAt: Instant.nullable(),
  creditedAt: Instant.nullable(),
});

/** What lists are asked with. */
export const ListQuery = z.object({
  cursor: z.string().max(100).optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Most orders in the page'),
});

/** What `GET /api/billing/documents` is asked with. */
export const DocumentsQuery = z.object({
  ...ListQuery.shape,
  pupilId: z.uuid().optional().describe("One of the caller's pupils; all of them without it"),
});

/** Answer of `GET /api/billing/top-ups`: newest first. */
export const TopUpsAnswer = z.object({
  topUps: z.array(TopUp),
  nextCursor: z.string().nullable().describe('Ask with it for the next page; null on the last'),
  asOf: Instant,
});

/** One instalment of a document. */
export const Instalment = z.object({
  instalmentId: z.uuid(),
  ordinal: z.int().min(1),
  amountCents: Amount,
  dueOn: z.iso.date(),
  state: z.enum(['open', 'in_verification', 'paid', 'handed_over', 'cancelled']),
  noticeNumber: z.string().describe('18 digits'),
});

/** One document: amountCents = dueCents + paidCents, always. */
export const AccountingDocument = z.object({
  documentId: z.uuid(),
  number: z.string().describe('As people say it, e.g. 12/2026'),
  kind: z.enum(['invoice', 'payment_notice', 'credit_note']),
  pupilId: z.uuid(),
  description: z.string(),
  issuedOn: z.iso.date(),
  issuedCents: Amount.describe('What it was issued for'),
  creditedCents: Amount.describe('What credit notes took off; of a credit note: what it took off documents'),
  amountCents: Amount.describe('Less what was credited; less than 0 where a credit note owes something to the parent'),
  dueCents: Amount,
  paidCents: Amount,
  vatCents: Amount.describe('Contained in issuedCents'),
  stampCents: Amount.describe('Contained in issuedCents'),
  dueOn: z.iso.date().describe('Next day on which something falls due, else the last'),
  state: z
    .enum(['issued', 'in_verification', 'partly_paid', 'overdue', 'reminded', 'paid', 'handed_over', 'cancelled'])
    .describe('cancelled: credit notes took off all of it'),
  instalments: z.array(Instalment),
});

/** Answer of `GET /api/billing/documents`: newest first. */
export const DocumentsAnswer = z.object({
  documents: z.array(AccountingDocument),
  nextCursor: z.string().nullable().describe('Ask with it for the next page; null on the last'),
  asOf: Instant,
});

/** One instalment that waits for its payment. */
export const Payable = z.object({
  instalmentId: z.uuid(),
  number: z.string().describe("The document's, e.g. 12/2026"),
  ordinal: z.int(),
  instalmentCount: z.int(),
  pupilId: z.uuid(),
  description: z.string(),
  issuedOn: z.iso.date(),
  dueOn: z.iso.date(),
  amountCents: Amount,
  noticeNumber: z.string().describe('18 digits'),
  isInVerification: z.boolean().describe('A payment was begun and its receipt has not come: it enters no other cart'),
});

/** Answer of `GET /api/billing/payables`: the latest due day first. */
export const PayablesAnswer = z.object({
  payables: z.array(Payable),
  nextCursor: z.string().nullable().describe('Ask with it for the next page; null on the last'),
  asOf: Instant,
});

/** What `POST /api/billing/carts` takes. */
export const CartBody = z
  .strictObject({
    cartId: z.uuid().describe('Made by the caller'),
    orderIds: z.array(z.uuid()).max(50).default([]).describe('Top-ups'),
    instalmentIds: z.array(z.uuid()).max(50).default([]).describe('Instalments of documents'),
  })
  .refine(({ orderIds, instalmentIds }) => orderIds.length + instalmentIds.length > 0, 'must name something to pay')
  .describe('At most 5 notices in all; more are refused with a message');

/** Its answer. */
export const CartAnswer = z.object({ redirectUrl: z.url().describe('Where the browser goes to pay') });

/** Problem details (RFC 9457) with the refusal's kind. */
const Problem = z.object({
  type: z.string(),
  title: z.string().describe('In Italian, to be shown'),
  status: z.int(),
  kind: z.string(),
});

export type RulesAnswer = z.output<typeof RulesAnswer>;
export type TopUp = z.output<typeof TopUp>;
export type TopUpsAnswer = z.output<typeof TopUpsAnswer>;
export type DocumentsAnswer = z.output<typeof DocumentsAnswer>;
export type PayablesAnswer = z.output<typeof PayablesAnswer>;
export type CartAnswer = z.output<typeof CartAnswer>;

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});
export const json = (schema: z.ZodType, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
export const body = (schema: z.ZodType) => ({ required: true, content: { 'application/json': { schema } } });
export const SIGNED_OUT = problem('No valid identity');
export const NOT_FOUND = problem('Not yours, or not there: the same answer');
const OrderPath = z.object({ orderId: z.uuid() });
const InstalmentPath = z.object({ instalmentId: z.uuid() });
const pdf = {
  description: 'A PDF file',
  content: { 'application/pdf': { schema: z.string().meta({ format: 'binary' }) } },
};

type ApiPaths = Parameters<typeof describeApi>[0]['paths'];

/** The description of billing's HTTP API. @param officePaths the office's routes */
export function describeBillingApi(officePaths: ApiPaths): object {
  return describeApi({
    title: 'billing',
    version: '1.0.0',
    paths: {
      ...officePaths,
      '/api/billing/top-up-rules': {
        get: {
          operationId: 'listTopUpRules',
          summary: 'What a top-up of each service may be; empty where the municipality takes none',
          responses: { '200': json(RulesAnswer, 'The rules'), '401': SIGNED_OUT },
        },
      },
      '/api/billing/top-ups': {
        get: {
          operationId: 'listTopUps',
          summary: "Top-up orders of the caller's own pupils, newest first",
          requestParams: { query: ListQuery },
          responses: { '200': json(TopUpsAnswer, 'Orders'), '401': SIGNED_OUT, '422': problem('malformed') },
        },
        post: {
          operationId: 'orderTopUp',
          summary: 'Orders a top-up: it has a notice number at once, and becomes money when it is paid',
          requestBody: body(TopUpBody),
          responses: {
            '200': json(TopUp, 'The order'),
            '401': SIGNED_OUT,
            '404': NOT_FOUND,
            '409': problem(
              'not_offered, not_prepaid, too_many_pending, or order_differs: the orderId was used for another',
            ),
            '422': problem('malformed, below_minimum, above_maximum or off_step'),
          },
        },
      },
      '/api/billing/top-ups/{orderId}': {
        get: {
          operationId: 'getTopUp',
          summary: 'One order',
          requestParams: { path: OrderPath },
          responses: { '200': json(TopUp, 'The order'), '401': SIGNED_OUT, '404': NOT_FOUND },
        },
      },
      '/api/billing/top-ups/{orderId}/notice': {
        get: {
          operationId: 'getTopUpNotice',
          summary: 'The notice of payment to print; again is the same file',
          requestParams: { path: OrderPath },
          responses: {
            '200': pdf,
            '401': SIGNED_OUT,
            '404': NOT_FOUND,
            '409': problem('no_notice: the order does not wait for its payment any more'),
          },
        },
      },
      '/api/billing/top-ups/{orderId}/receipt': {
        get: {
          operationId: 'getTopUpReceipt',
          summary: 'The receipt of a paid top-up; again is the same file',
          requestParams: { path: OrderPath },
          responses: { '200': pdf, '401': SIGNED_OUT, '404': NOT_FOUND },
        },
      },
      '/api/billing/top-ups/{orderId}/cancellation': {
        post: {
          operationId: 'cancelTopUp',
          summary: 'Cancels an order that is not paid; again changes nothing',
          requestParams: { path: OrderPath },
          responses: {
            '200': json(TopUp, 'The order'),
            '401': SIGNED_OUT,
            '404': NOT_FOUND,
            '409': problem('paid, or in_verification: a payment is under way'),
          },
        },
      },
      '/api/billing/documents': {
        get: {
          operationId: 'listDocuments',
          summary: "Documents issued for the caller's own pupils, newest first",
          requestParams: { query: DocumentsQuery },
          responses: {
            '200': json(DocumentsAnswer, 'Documents'),
            '401': SIGNED_OUT,
            '404': NOT_FOUND,
            '422': problem('malformed'),
          },
        },
      },
      '/api/billing/documents/{documentId}/file': {
        get: {
          operationId: 'getDocumentFile',
          summary: 'The document to print, as it was issued; again is the same file',
          requestParams: { path: z.object({ documentId: z.uuid() }) },
          responses: { '200': pdf, '401': SIGNED_OUT, '404': NOT_FOUND },
        },
      },
      '/api/billing/payables': {
        get: {
          operationId: 'listPayables',
          summary: "Instalments of the caller's own pupils that wait for their payment, the latest due day first",
          requestParams: { query: ListQuery },
          responses: { '200': json(PayablesAnswer, 'Instalments'), '401': SIGNED_OUT, '422': problem('malformed') },
        },
      },
      '/api/billing/instalments/{instalmentId}/notice': {
        get: {
          operationId: 'getInstalmentNotice',
          summary: 'The notice of an unpaid instalment; again is the same file',
          requestParams: { path: InstalmentPath },
          responses: { '200': pdf, '401': SIGNED_OUT, '404': NOT_FOUND },
        },
      },
      '/api/billing/instalments/{instalmentId}/receipt': {
        get: {
          operationId: 'getInstalmentReceipt',
          summary: 'The receipt of a paid instalment; again is the same file',
          requestParams: { path: InstalmentPath },
          responses: { '200': pdf, '401': SIGNED_OUT, '404': NOT_FOUND },
        },
      },
      '/api/billing/carts': {
        post: {
          operationId: 'startCart',
          summary: 'Sends the browser to pay up to five notices at once',
          requestBody: body(CartBody),
          responses: {
            '200': json(CartAnswer, 'Where to go'),
            '401': SIGNED_OUT,
            '404': NOT_FOUND,
            '409': problem('not_payable or in_verification'),
            '422': problem('malformed or too_many'),
            '503': problem('checkout_away: pagoPA does not take the cart now'),
          },
        },
      },
      '/api/billing/carts/{cartId}/end': {
        post: {
          operationId: 'endCart',
          summary: 'Says that a guardian came back without having paid: the notices may be paid again',
          requestParams: { path: z.object({ cartId: z.uuid() }) },
          responses: { '204': { description: 'Done, or not under way' }, '401': SIGNED_OUT, '404': NOT_FOUND },
        },
      },
      '/api/billing/office/cases': {
        get: {
          operationId: 'listOfficeCases',
          summary: 'Receipts that the office decides about: money that settled nothing by itself. Office only',
          requestParams: { query: CasesQuery },
          responses: {
            '200': json(CasesAnswer, 'Cases'),
            '401': SIGNED_OUT,
            '404': NOT_FOUND,
            '422': problem('malformed'),
          },
        },
      },
      '/api/billing/office/cases/{caseId}/lines': {
        post: {
          operationId: 'resolveOfficeCase',
          summary: 'Writes a decision about a case, which stays; the same again changes nothing. Office only',
          requestParams: { path: z.object({ caseId: z.uuid() }) },
          requestBody: body(CaseLineBody),
          responses: {
            '200': json(OfficeCase, 'The case'),
            '401': SIGNED_OUT,
            '404': NOT_FOUND,
            '409': problem('resolved: somebody has decided already, or not_resolved: there is nothing to reopen'),
            '422': problem('malformed'),
          },
        },
      },
    },
  });
}
