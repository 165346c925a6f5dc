import { HttpRefusal, identityOf, malformed, notFound, requireIdentity } from '@campanella/service-kit';
import {
  cents,
  type Decision,
  type MunicipalityId,
  type PupilId,
  parseId,
  parseServiceDate,
  serviceCode,
  serviceDateAt,
} from '@campanella/vocabulary';
import { type Response, Router } from 'express';
import { z } from 'zod';
import type { CancelRefusal } from '../app/cancel-top-up.ts';
import type { OrderRefusal, OrderTopUp } from '../app/order-top-up.ts';
import type {
  Clock,
  CreditorStore,
  DocumentPlace,
  DocumentStore,
  OrderPlace,
  OrderStore,
  Payable,
  PayablePlace,
  PositionStore,
} from '../app/ports.ts';
import type { CartRefusal, StartCart } from '../app/start-cart.ts';
import { type AccountingDocument, documentNumber, isInVerification, standingOf } from '../domain/document.ts';
import { parseNoticeNumber } from '../domain/notice-number.ts';
import { shownState, type TopUpOrder } from '../domain/top-up.ts';
import { renderDocument } from '../pdf/document.ts';
import { renderNotice } from '../pdf/notice.ts';
import { renderPaymentReceipt } from '../pdf/payment-receipt.ts';
import { type CasesApiDeps, casesRoutes } from './cases-api.ts';
import {
  type CartAnswer,
  CartBody,
  type DocumentsAnswer,
  DocumentsQuery,
  describeBillingApi,
  ListQuery,
  type PayablesAnswer,
  type RulesAnswer,
  type TopUp,
  TopUpBody,
  type TopUpsAnswer,
} from './describe.ts';
import { MESSAGES } from './messages.ts';
import { type OfficeApiDeps, officeRoutes } from './office-api.ts';
import { OFFICE_PATHS } from './office-description.ts';

/** What the routes need of the operations. */
export interface BillingOperations {
  order(command: OrderTopUp): Promise<Decision<TopUpOrder, OrderRefusal>>;
  cancel(who: {
    municipalityId: MunicipalityId;
    pupilIds: readonly PupilId[];
    orderId: string;
  }): Promise<Decision<TopUpOrder, CancelRefusal>>;
  startCart(command: StartCart): Promise<Decision<string, CartRefusal>>;
}

export interface BillingApiDeps {
  readonly operations: BillingOperations;
  readonly creditors: Pick<CreditorStore, 'listRules' | 'findCreditor'>;
  readonly orders: Pick<OrderStore, 'find' | 'list' | 'findPayment'>;
  readonly positions: Pick<PositionStore, 'endCart' | 'find'>;
  readonly documents: Pick<DocumentStore, 'list' | 'listPayables' | 'findPayable' | 'findPaid' | 'findFile'>;
  readonly office: OfficeApiDeps;
  readonly cases: CasesApiDeps;
  readonly jwksUrl: string;
  readonly clock: Clock;
}

type AnyRefusal = OrderRefusal | CancelRefusal | CartRefusal;
type Answers = { [Kind in AnyRefusal['kind']]: (refusal: Extract<AnyRefusal, { kind: Kind }>) => HttpRefusal };

const conflict = (kind: string, title: string) => new HttpRefusal(409, kind, title);
const unprocessable = (kind: string, title: string) => new HttpRefusal(422, kind, title);

const REFUSALS: Answers = {
  // The same answer as for somebody else's order.
  unknown_order: notFound,
  not_offered: () => conflict('not_offered', MESSAGES.notOffered),
  not_prepaid: () => conflict('not_prepaid', MESSAGES.notPrepaid),
  below_minimum: (no) => unprocessable('below_minimum', MESSAGES.belowMinimum(no.minimumCents)),
  above_maximum: (no) => unprocessable('above_maximum', MESSAGES.aboveMaximum(no.maximumCents)),
  off_step: (no) => unprocessable('off_step', MESSAGES.offStep(no.stepCents)),
  too_many_pending: (no) => conflict('too_many_pending', MESSAGES.tooManyPending(no.pendingMax)),
  order_differs: () => conflict('order_differs', MESSAGES.orderDiffers),
  paid: () => conflict('paid', MESSAGES.paid),
  in_verification: () => conflict('in_verification', MESSAGES.inVerification),
  not_payable: () => conflict('not_payable', MESSAGES.notPayable),
  too_many: (no) => unprocessable('too_many', MESSAGES.tooMany(no.noticesMax)),
  checkout_away: () => new HttpRefusal(503, 'checkout_away', MESSAGES.checkoutAway),
};

function refusalOf<Kind extends AnyRefusal['kind']>(refusal: Extract<AnyRefusal, { kind: Kind }>): HttpRefusal {
  const answer: (no: Extract<AnyRefusal, { kind: Kind }>) => HttpRefusal = REFUSALS[refusal.kind];
  return answer(refusal);
}

/** The routes of billing behind the gateway: what the bearer of an internal identity token may see and do, and no more. */
export function billingApi(deps: BillingApiDeps): Router {
  const router = Router();
  const description = describeBillingApi(OFFICE_PATHS);
  router.get('/openapi.json', (_request, response) => void response.json(description));
  router.use('/api/billing', requireIdentity({ jwksUrl: deps.jwksUrl }), (_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  topUpRoutes(router, deps);
  documentRoutes(router, deps);
  cartRoutes(router, deps);
  officeRoutes(router, deps.office);
  casesRoutes(router, deps.cases);
  return router;
}

function topUpRoutes(router: Router, { operations, creditors, orders, positions, clock }: BillingApiDeps): void {
  const shown = (order: TopUpOrder) => toTopUp(order, clock.now());

  router.get('/api/billing/top-up-rules', async (_request, response) => {
    const rules = await creditors.listRules(identityOf(response).municipalityId);
    const answer: RulesAnswer = {
      rules: rules.map(({ service, label, minimumCents, maximumCents, stepCents }) => ({
        ...{ service, label, minimumCents, maximumCents, stepCents },
      })),
    };
    response.json(answer);
  });

  router.get('/api/billing/top-ups', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const { cursor, limit } = takeQuery(request.query);
    const after = cursor === undefined ? null : parseCursor(cursor);
    // One more than asked tells whether there is a next page.
    const found = await orders.list(municipalityId, pupilIds, after, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const answer: TopUpsAnswer = {
      topUps: page.map(shown),
      nextCursor: found.length > limit && last !== undefined ? `${last.orderedAt.getTime()}.${last.orderId}` : null,
      asOf: clock.now().toISOString(),
    };
    response.json(answer);
  });

  router.post('/api/billing/top-ups', async (request, response) => {
    const { municipalityId, personId } = identityOf(response);
    const parsed = TopUpBody.safeParse(request.body);
    // Whose pupil comes before everything else, so that no other fault tells one pupil from another.
    const pupilId = ownPupil(response, parsed.data?.pupilId ?? pupilIn(request.body));
    if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
    const { orderId, service, badgeNumber, amountCents } = parsed.data;
    const ordered = await operations.order({
      ...{ municipalityId, orderId, pupilId, badgeNumber },
      service: serviceCode(service),
      amountCents: cents(amountCents),
      orderedBy: personId,
    });
    if (!ordered.ok) throw refusalOf(ordered.refusal);
    response.json(shown(ordered.value));
  });

  router.get('/api/billing/top-ups/:orderId', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const order = await orders.find(municipalityId, pupilIds, takeUuid(request.params.orderId));
    if (order === null) throw notFound();
    response.json(shown(order));
  });

  router.get('/api/billing/top-ups/:orderId/notice', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const order = await orders.find(municipalityId, pupilIds, takeUuid(request.params.orderId));
    if (order === null) throw notFound();
    if (order.state !== 'pending') throw conflict('no_notice', MESSAGES.noNotice);
    const { creditor, position } = await readPosition({ creditors, positions }, municipalityId, order.noticeNumber);
    const file = await renderNotice({ ...position, creditor, issuedAt: order.orderedAt });
    sendPdf(response, `avviso-${order.noticeNumber}.pdf`, file);
  });

  router.get('/api/billing/top-ups/:orderId/receipt', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const paid = await orders.findPayment(municipalityId, pupilIds, takeUuid(request.params.orderId));
    if (paid === null) throw notFound();
    const { creditor, position } = await readPosition({ creditors, positions }, municipalityId, paid.noticeNumber);
    const file = await renderPaymentReceipt({ ...position, ...paid, creditor, document: null });
    sendPdf(response, `ricevuta-${paid.noticeNumber}.pdf`, file);
  });

  router.post('/api/billing/top-ups/:orderId/cancellation', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const cancelled = await operations.cancel({ municipalityId, pupilIds, orderId: takeUuid(request.params.orderId) });
    if (!cancelled.ok) throw refusalOf(cancelled.refusal);
    response.json(shown(cancelled.value));
  });
}

function cartRoutes(router: Router, { operations, positions }: BillingApiDeps): void {
  router.post('/api/billing/carts', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const parsed = CartBody.safeParse(request.body);
    if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
    const started = await operations.startCart({ municipalityId, pupilIds, ...parsed.data });
    if (!started.ok) throw refusalOf(started.refusal);
    const answer: CartAnswer = { redirectUrl: started.value };
    response.json(answer);
  });

  router.post('/api/billing/carts/:cartId/end', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    await positions.endCart(municipalityId, pupilIds, takeUuid(request.params.cartId));
    response.status(204).end();
  });
}

function documentRoutes(router: Router, { documents, creditors, positions, clock }: BillingApiDeps): void {
  router.get('/api/billing/documents', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const query = DocumentsQuery.safeParse(request.query);
    if (!query.success) throw unprocessable('malformed', MESSAGES.malformed);
    const { cursor, limit, pupilId } = query.data;
    const whose = pupilId === undefined ? pupilIds : [ownPupil(response, pupilId)];
    const found = await documents.list(municipalityId, whose, parseDocumentPlace(cursor), limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const now = clock.now();
    const answer: DocumentsAnswer = {
      documents: page.map((document) => toDocument(document, now)),
      nextCursor: found.length > limit && last ? `${last.issuedOn}.${last.year}.${last.number}.${last.series}` : null,
      asOf: now.toISOString(),
    };
    response.json(answer);
  });

  router.get('/api/billing/documents/:documentId/file', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const found = await documents.findFile(municipalityId, pupilIds, takeUuid(request.params.documentId));
    if (found === null) throw notFound();
    const { creditor, position } = await readPosition({ creditors, positions }, municipalityId, found.noticeNumber);
    const number = documentNumber(found);
    const correctsNumber = found.corrects === null ? null : documentNumber(found.corrects);
    const file = await renderDocument({ ...found, creditor, debtor: position.debtor, number, correctsNumber });
    sendPdf(response, `documento-${number.replaceAll('/', '-')}.pdf`, file);
  });

  router.get('/api/billing/payables', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const { cursor, limit } = takeQuery(request.query);
    const found = await documents.listPayables(municipalityId, pupilIds, parsePayablePlace(cursor), limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const now = clock.now();
    const answer: PayablesAnswer = {
      payables: page.map((payable) => toPayable(payable, now)),
      nextCursor: found.length > limit && last ? `${last.dueOn}.${last.instalmentId}` : null,
      asOf: now.toISOString(),
    };
    response.json(answer);
  });

  router.get('/api/billing/instalments/:instalmentId/notice', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const payable = await documents.findPayable(municipalityId, pupilIds, takeUuid(request.params.instalmentId));
    if (payable === null) throw notFound();
    const { creditor, position } = await readPosition({ creditors, positions }, municipalityId, payable.noticeNumber);
    // The day, and not the instant: a document has no hour.
    const issuedAt = new Date(`${payable.issuedOn}T12:00:00Z`);
    sendPdf(response, `avviso-${payable.noticeNumber}.pdf`, await renderNotice({ ...position, creditor, issuedAt }));
  });

  router.get('/api/billing/instalments/:instalmentId/receipt', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const paid = await documents.findPaid(municipalityId, pupilIds, takeUuid(request.params.instalmentId));
    if (paid === null) throw notFound();
    const { payable, receiptId, paidAt, pspName } = paid;
    const { creditor, position } = await readPosition({ creditors, positions }, municipalityId, payable.noticeNumber);
    const document = `${documentNumber(payable)}, rata ${payable.ordinal} di ${payable.instalmentCount}`;
    const file = await renderPaymentReceipt({
      ...{ ...position, creditor, document, paidCents: payable.amountCents, receiptId, paidAt, pspName },
    });
    sendPdf(response, `ricevuta-${payable.noticeNumber}.pdf`, file);
  });
}

async function readPosition(
  { creditors, positions }: Pick<BillingApiDeps, 'creditors' | 'positions'>,
  municipalityId: MunicipalityId,
  notice: string,
) {
  const noticeNumber = parseNoticeNumber(notice);
  const [creditor, position] = await Promise.all([
    creditors.findCreditor(municipalityId),
    noticeNumber === null ? null : positions.find(municipalityId, noticeNumber),
  ]);
  if (creditor === null || position === null) throw new Error('what is owed has neither creditor nor position');
  return { creditor, position };
}

function sendPdf(response: Response, fileName: string, file: Buffer): void {
  response.type('application/pdf').set('content-disposition', `attachment; filename="${fileName}"`).send(file);
}

function takeQuery(query: unknown): z.output<typeof ListQuery> {
  const parsed = ListQuery.safeParse(query);
  if (!parsed.success) throw unprocessable('malformed', MESSAGES.malformed);
  return parsed.data;
}

function ownPupil(response: Response, text: string): PupilId {
  const pupilId = parseId<PupilId>(text);
  if (pupilId === null || !identityOf(response).pupilIds.includes(pupilId)) throw notFound();
  return pupilId;
}

/** The pupil that an unreadable body names. */
function pupilIn(body: unknown): string {
  const named = z.object({ pupilId: z.string() }).safeParse(body);
  return named.data?.pupilId ?? '';
}

function takeUuid(text: string): string {
  const uuid = z.uuid().safeParse(text);
  if (!uuid.success) throw notFound();
  return uuid.data.toLowerCase();
}

function parseCursor(text: string): OrderPlace {
  const [at = '', orderId = ''] = text.split('.');
  if (!/^\d{1,15}$/.test(at) || !z.uuid().safeParse(orderId).success) {
    throw unprocessable('malformed', MESSAGES.malformed);
  }
  return { orderedAt: new Date(Number(at)), orderId };
}

function toTopUp(order: TopUpOrder, now: Date): TopUp {
  return {
    orderId: order.orderId,
    pupilId: order.pupilId,
    service: order.service,
    badgeNumber: order.badgeNumber,
    amountCents: order.amountCents,
    state: shownState(order, now, serviceDateAt(now)),
    orderedAt: order.orderedAt.toISOString(),
    expiresOn: order.expiresOn,
    noticeNumber: order.noticeNumber,
    paidAt: order.paidAt?.toISOString() ?? null,
    creditedAt: order.creditedAt?.toISOString() ?? null,
  };
}

function parseDocumentPlace(cursor: string | undefined): DocumentPlace | null {
  if (cursor === undefined) return null;
  const [day = '', year = '', number = '', series = ''] = cursor.split('.');
  const issuedOn = parseServiceDate(day);
  if (issuedOn === null || !/^\d{4}$/.test(year) || !/^\d{1,9}$/.test(number) || !/^[A-Z0-9]{0,10}$/.test(series)) {
    throw unprocessable('malformed', MESSAGES.malformed);
  }
  return { issuedOn, year: Number(year), number: Number(number), series };
}

function parsePayablePlace(cursor: string | undefined): PayablePlace | null {
  if (cursor === undefined) return null;
  const [day = '', instalmentId = ''] = cursor.split('.');
  const dueOn = parseServiceDate(day);
  if (dueOn === null || !z.uuid().safeParse(instalmentId).success) throw unprocessable('malformed', MESSAGES.malformed);
  return { dueOn, instalmentId };
}

function toDocument(document: AccountingDocument, now: Date): DocumentsAnswer['documents'][number] {
  const { documentId, kind, pupilId, description, issuedOn, issuedCents, creditedCents, vatCents, stampCents } =
    document;
  return {
    ...{ documentId, kind, pupilId, description, issuedOn, issuedCents, creditedCents, vatCents, stampCents },
    number: documentNumber(document),
    ...standingOf(document, now, serviceDateAt(now)),
    instalments: document.instalments.map((one) => ({
      instalmentId: one.instalmentId,
      ordinal: one.ordinal,
      amountCents: one.amountCents,
      dueOn: one.dueOn,
      state: isInVerification(one, now) ? 'in_verification' : one.state,
      noticeNumber: one.noticeNumber,
    })),
  };
}

function toPayable(payable: Payable, now: Date): PayablesAnswer['payables'][number] {
  const { instalmentId, ordinal, instalmentCount, pupilId, description, issuedOn, dueOn, amountCents } = payable;
  return {
    ...{ instalmentId, ordinal, instalmentCount, pupilId, description, issuedOn, dueOn, amountCents },
    number: documentNumber(payable),
    noticeNumber: payable.noticeNumber,
    isInVerification: isInVerification({ state: 'open', cartUntil: payable.cartUntil }, now),
  };
}
