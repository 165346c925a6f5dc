import { counter, histogram, LATENCY_BUCKETS, type Logger } from '@campanella/service-kit';
import { addCents, cents, serviceDateAt } from '@campanella/vocabulary';
import { type ErrorRequestHandler, Router, raw } from 'express';
import type { z } from 'zod';
import type { Clock, Creditor, CreditorStore, PositionStore } from '../../app/ports.ts';
import { iuvOf } from '../../domain/notice-number.ts';
import { type Handling, isLate, type Position, type Receipt } from '../../domain/position.ts';
import { DemandRequest, GetRequest, ReceiptRequest, VerifyRequest } from './requests.ts';
import { type Children, MESSAGE_BYTES_MAX, readMessage, SOAP_FAULT, writeMessage } from './soap.ts';

/** Where the node reaches us. */
export const NODE_PATH = '/pagopa/pa-for-node';

/** The faults that a creditor may answer, with the words of the guide. */
const FAULTS = {
  PAA_SINTASSI_EXTRAXSD: 'Errore di sintassi extra XSD',
  PAA_SINTASSI_XSD: 'Errore di sintassi XSD',
  PAA_ID_DOMINIO_ERRATO: 'La PAA non corrisponde al Dominio indicato',
  PAA_ID_INTERMEDIARIO_ERRATO: 'Identificativo intermediario non corrispondente',
  PAA_STAZIONE_INT_ERRATA: 'Stazione intermediario non corrispondente',
  PAA_PAGAMENTO_SCONOSCIUTO: 'Pagamento in attesa risulta sconosciuto all’Ente Creditore',
  PAA_PAGAMENTO_DUPLICATO: 'Pagamento in attesa risulta concluso all’Ente Creditore',
  PAA_PAGAMENTO_SCADUTO: 'Pagamento in attesa risulta scaduto all’Ente Creditore',
  PAA_PAGAMENTO_ANNULLATO: 'Pagamento in attesa risulta annullato all’Ente Creditore',
  PAA_RECEIPT_DUPLICATA: 'La ricevuta risulta già acquisita dall’Ente Creditore',
  PAA_SEMANTICA: 'Errore semantico',
  PAA_SYSTEM_ERROR: 'Errore generico',
} as const;

export type FaultCode = keyof typeof FAULTS;

/** A "no" that is final for the node: only no answer at all is asked again. */
class NodeFault extends Error {
  readonly code: FaultCode;
  readonly creditorId: string;
  constructor(code: FaultCode, creditorId: string) {
    super(code);
    this.name = 'NodeFault';
    this.code = code;
    this.creditorId = creditorId;
  }
}

const seconds = histogram(
  'campanella_billing_node_seconds',
  'Time to answer the pagoPA node',
  ['operation', 'outcome'],
  LATENCY_BUCKETS,
);
const receiptsTotal = counter('campanella_billing_receipts_total', 'Receipts of pagoPA, by what became of them', [
  'handling',
]);

export interface NodeDeps {
  readonly creditors: Pick<CreditorStore, 'findCreditorByFiscalCode'>;
  readonly positions: Pick<PositionStore, 'find'>;
  readonly record: (creditor: Creditor, receipt: Receipt, message: string) => Promise<Handling | 'known'>;
  /** Called after a receipt was recorded. */
  readonly onRecorded: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Caller = Pick<z.output<typeof VerifyRequest>, 'idPA' | 'idBrokerPA' | 'idStation'>;

interface Operation {
  readonly answerElement: string;
  answer(deps: NodeDeps, content: unknown, message: string): Promise<Children>;
}

/** By the element of the request; both versions of each, since which one the node uses is set on its side. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  paVerifyPaymentNoticeReq: { answerElement: 'paVerifyPaymentNoticeRes', answer: verify },
  paGetPaymentReq: { answerElement: 'paGetPaymentRes', answer: (deps, content) => getPayment(deps, content, 1) },
  paGetPaymentV2Request: {
    answerElement: 'paGetPaymentV2Response',
    answer: (deps, content) => getPayment(deps, content, 2),
  },
  paSendRTReq: { answerElement: 'paSendRTRes', answer: sendReceipt },
  paSendRTV2Request: { answerElement: 'paSendRTV2Response', answer: sendReceipt },
  paDemandPaymentNoticeRequest: {
    answerElement: 'paDemandPaymentNoticeResponse',
    answer: demand,
  },
};

const RECEIPTS = new Set(['paSendRTReq', 'paSendRTV2Request']);

/**
 * The creditor's side of the pagoPA node, SOAP 1.1. Verify and get are pure reads: the node holds the lock of a payment. A receipt is answered OK only
 * when it is committed; while it cannot be, the answer is 503 without a message, so that the node sends it again.
 *
 * @see pagoPA SANP, paForNode.wsdl
 */
export function nodeRoutes(deps: NodeDeps): Router {
  const router = Router();
  const body = raw({ type: () => true, limit: MESSAGE_BYTES_MAX, inflate: false });
  router.post(NODE_PATH, body, async (request, response) => {
    const startedAt = performance.now();
    const sent: unknown = request.body;
    const read = readMessage(sent instanceof Uint8Array ? sent : new Uint8Array());
    const operation = read === null ? undefined : OPERATIONS[read.element];
    response.type('text/xml').set('cache-control', 'no-store');
    if (read === null || operation === undefined || !isActionOf(read.element, request.get('soapaction'))) {
      response.status(500).send(SOAP_FAULT);
      return;
    }
    const answer = await answerOrFault(deps, read.element, operation, read.content, read.text);
    const labels = { operation: operation.answerElement, outcome: String(answer['outcome']) };
    seconds.observe(labels, (performance.now() - startedAt) / 1_000);
    response.send(writeMessage(operation.answerElement, answer));
  });
  router.use(NODE_PATH, unreadable);
  return router;
}

/** A body that is too big, compressed or broken off is no message either. */
const unreadable: ErrorRequestHandler = (cause: unknown, _request, response, next) => {
  const status = cause instanceof Error && 'status' in cause ? Number(cause.status) : 500;
  if (status < 400 || status >= 500 || response.headersSent) return next(cause);
  response.status(status).type('text/xml').set('cache-control', 'no-store').send(SOAP_FAULT);
};

/** The header may be left out or empty; where it names an operation it names that of the message. */
function isActionOf(element: string, header: string | undefined): boolean {
  const action = (header ?? '').replaceAll('"', '').trim();
  return action === '' || action === element.replace(/Req(?:uest)?$/, '');
}

async function answerOrFault(
  deps: NodeDeps,
  element: string,
  operation: Operation,
  content: unknown,
  message: string,
): Promise<Children> {
  try {
    return await operation.answer(deps, content, message);
  } catch (cause) {
    if (cause instanceof NodeFault) return faultOf(cause.code, cause.creditorId);
    // A KO would be final and the money unknown to us for ever: no answer is asked again.
    if (RECEIPTS.has(element)) throw cause;
    deps.logger.error({ err: cause, operation: element }, 'the node could not be answered');
    return faultOf('PAA_SYSTEM_ERROR', idIn(content));
  }
}

function faultOf(code: FaultCode, creditorId: string): Children {
  return { outcome: 'KO', fault: { faultCode: code, faultString: FAULTS[code], id: creditorId } };
}

/** The creditor whom an unreadable request names, for the fault's `id`. */
function idIn(content: unknown): string {
  const id: unknown = typeof content === 'object' && content !== null && 'idPA' in content ? content.idPA : '';
  return typeof id === 'string' ? id.slice(0, 35) : '';
}

function take<Value>(schema: z.ZodType<Value>, content: unknown): Value {
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new NodeFault('PAA_SINTASSI_XSD', idIn(content));
  return parsed.data;
}

async function creditorOf(deps: NodeDeps, { idPA, idBrokerPA, idStation }: Caller): Promise<Creditor> {
  const creditor = await deps.creditors.findCreditorByFiscalCode(idPA);
  if (creditor === null) throw new NodeFault('PAA_ID_DOMINIO_ERRATO', idPA);
  if (creditor.brokerId !== idBrokerPA) throw new NodeFault('PAA_ID_INTERMEDIARIO_ERRATO', idPA);
  if (creditor.stationId !== idStation) throw new NodeFault('PAA_STAZIONE_INT_ERRATA', idPA);
  return creditor;
}

const CLOSED: Record<Exclude<Position['state'], 'open'>, FaultCode> = {
  paid: 'PAA_PAGAMENTO_DUPLICATO',
  cancelled: 'PAA_PAGAMENTO_ANNULLATO',
};

/** The position that somebody may pay now. A due date that has passed stops a payment only where the municipality says so. */
async function payable(deps: NodeDeps, request: z.output<typeof VerifyRequest>) {
  const creditor = await creditorOf(deps, request);
  const { fiscalCode, noticeNumber } = request.qrCode;
  if (fiscalCode !== creditor.fiscalCode) throw new NodeFault('PAA_ID_DOMINIO_ERRATO', creditor.fiscalCode);
  const position = await deps.positions.find(creditor.municipalityId, noticeNumber);
  if (position === null) throw new NodeFault('PAA_PAGAMENTO_SCONOSCIUTO', creditor.fiscalCode);
  if (position.state !== 'open') throw new NodeFault(CLOSED[position.state], creditor.fiscalCode);
  if (creditor.refusesLatePayments && isLate(position, serviceDateAt(deps.clock.now()))) {
    throw new NodeFault('PAA_PAGAMENTO_SCADUTO', creditor.fiscalCode);
  }
  return { creditor, position };
}

async function verify(deps: NodeDeps, content: unknown): Promise<Children> {
  const { creditor, position } = await payable(deps, take(VerifyRequest, content));
  return {
    outcome: 'OK',
    paymentList: {
      paymentOptionDescription: {
        amount: euros(position.amountCents),
        options: 'EQ',
        dueDate: position.dueOn,
        detailDescription: position.description,
        allCCP: String(creditor.postalIban !== null),
      },
    },
    paymentDescription: position.description,
    fiscalCodePA: creditor.fiscalCode,
    companyName: creditor.companyName,
    officeName: optional(creditor.officeName),
  };
}

async function getPayment(deps: NodeDeps, content: unknown, version: 1 | 2): Promise<Children> {
  const request = take(GetRequest, content);
  // The schema lets it through; the guide knows it for version 2 only, which alone can answer it.
  if (version === 1 && request.transferType === 'PAGOPA') throw new NodeFault('PAA_SINTASSI_EXTRAXSD', request.idPA);
  const { creditor, position } = await payable(deps, request);
  const isPostal = request.transferType === 'POSTAL' && creditor.postalIban !== null;
  const metadata =
    version === 2 && request.transferType === 'PAGOPA' && creditor.postalIban !== null
      ? { mapEntry: { key: 'IBANAPPOGGIO', value: creditor.postalIban } }
      : undefined;
  return {
    outcome: 'OK',
    data: {
      creditorReferenceId: iuvOf(position.noticeNumber),
      paymentAmount: euros(position.amountCents),
      dueDate: position.dueOn,
      description: position.description,
      companyName: creditor.companyName,
      officeName: optional(creditor.officeName),
      debtor: {
        uniqueIdentifier: {
          entityUniqueIdentifierType: 'F',
          entityUniqueIdentifierValue: position.debtor.codiceFiscale,
        },
        fullName: position.debtor.fullName.slice(0, 70),
      },
      transferList: {
        transfer: {
          idTransfer: '1',
          transferAmount: euros(position.amountCents),
          fiscalCodePA: creditor.fiscalCode,
          companyName: version === 2 ? creditor.companyName : undefined,
          IBAN: isPostal ? (creditor.postalIban ?? creditor.iban) : creditor.iban,
          remittanceInformation: position.description,
          transferCategory: position.taxonomyCode,
          metadata,
        },
      },
    },
  };
}

/** Nothing of ours can be asked for at a desk: the service would have to be in pagoPA's catalogue. */
async function demand(deps: NodeDeps, content: unknown): Promise<Children> {
  const creditor = await creditorOf(deps, take(DemandRequest, content));
  throw new NodeFault('PAA_SYSTEM_ERROR', creditor.fiscalCode);
}

async function sendReceipt(deps: NodeDeps, content: unknown, message: string): Promise<Children> {
  const request = take(ReceiptRequest, content);
  const creditor = await creditorOf(deps, request);
  const { receipt } = request;
  const { transfer: transfers } = receipt.transferList;
  const total = transfers.reduce((sum, { transferAmount }) => addCents(sum, transferAmount), cents(0));
  if (receipt.outcome !== 'OK' || total !== receipt.paymentAmount) {
    throw new NodeFault('PAA_SEMANTICA', creditor.fiscalCode);
  }
  const own = transfers.filter(({ fiscalCodePA }) => fiscalCodePA === creditor.fiscalCode);
  const handling = await deps.record(
    creditor,
    {
      receiptId: receipt.receiptId,
      noticeNumber: receipt.noticeNumber,
      paidCents: own.reduce((sum, { transferAmount }) => addCents(sum, transferAmount), cents(0)),
      paidAt: receipt.paymentDateTime ?? deps.clock.now(),
      pspName: receipt.PSPCompanyName,
    },
    message,
  );
  receiptsTotal.inc({ handling });
  if (handling === 'known') throw new NodeFault('PAA_RECEIPT_DUPLICATA', creditor.fiscalCode);
  if (handling !== 'settled') {
    const { municipalityId } = creditor;
    deps.logger.warn({ municipalityId, receiptId: receipt.receiptId, handling }, 'a receipt waits for the office');
  }
  deps.onRecorded();
  return { outcome: 'OK' };
}

function euros(amountCents: number): string {
  return `${Math.floor(amountCents / 100)}.${String(amountCents % 100).padStart(2, '0')}`;
}

function optional(value: string): string | undefined {
  return value === '' ? undefined : value;
}
