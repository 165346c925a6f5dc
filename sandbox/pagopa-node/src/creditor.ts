import { z } from 'zod';
import { readAnswer, writeMessage } from './soap.ts';

/** A creditor's station, as the node reaches it. */
export interface Station {
  readonly url: string;
  readonly brokerId: string;
  readonly stationId: string;
}

/** Which notice of which creditor. */
export interface Notice {
  readonly fiscalCode: string;
  readonly noticeNumber: string;
}

/** How a payment is made. */
export interface Way {
  /** Version of get and receipt. */
  readonly version: 1 | 2;
  readonly transferType?: 'POSTAL' | 'PAGOPA' | undefined;
}

const amount = z.string().regex(/^\d{1,9}\.\d{2}$/);
const fault = z.object({ faultCode: z.string(), faultString: z.string(), id: z.string() });
const No = z.object({ outcome: z.literal('KO'), fault });

/** With OK all is there but the office, as the node demands beyond the schema. */
const Verified = z.union([
  No,
  z.object({
    outcome: z.literal('OK'),
    paymentList: z.object({
      paymentOptionDescription: z.object({
        amount,
        options: z.literal('EQ'),
        dueDate: z.iso.date(),
        detailDescription: z.string().min(1).max(140),
        allCCP: z.enum(['true', 'false']),
      }),
    }),
    paymentDescription: z.string().min(1).max(140),
    fiscalCodePA: z.string().regex(/^\d{11}$/),
    companyName: z.string().min(1).max(140),
    officeName: z.string().max(140).optional(),
  }),
]);

const Transfer = z.object({
  idTransfer: z.enum(['1', '2', '3', '4', '5']),
  transferAmount: amount,
  fiscalCodePA: z.string().regex(/^\d{11}$/),
  companyName: z.string().optional(),
  IBAN: z.string().min(1).max(35),
  remittanceInformation: z.string().min(1).max(140),
  transferCategory: z.string().min(1).max(140),
  metadata: z.unknown().optional(),
});

const Debtor = z.object({
  uniqueIdentifier: z.object({
    entityUniqueIdentifierType: z.enum(['F', 'G']),
    entityUniqueIdentifierValue: z.string().min(2).max(16),
  }),
  fullName: z.string().min(1).max(70),
});

const Got = z.union([
  No,
  z.object({
    outcome: z.literal('OK'),
    data: z.object({
      creditorReferenceId: z.string().min(1).max(35),
      paymentAmount: amount,
      dueDate: z.iso.date(),
      description: z.string().min(1).max(140),
      companyName: z.string().min(1).max(140),
      officeName: z.string().optional(),
      debtor: Debtor,
      transferList: z.object({ transfer: z.array(Transfer).min(1).max(5) }),
    }),
  }),
]);

const Received = z.union([No, z.object({ outcome: z.literal('OK') })]);

export type Verified = Extract<z.output<typeof Verified>, { outcome: 'OK' }>;
export type Got = Extract<z.output<typeof Got>, { outcome: 'OK' }>['data'];
export type No = z.output<typeof No>;

/** The creditor is away, too late, or answers what is none of the allowed answers. */
export class BadAnswer extends Error {
  readonly fault: string;
  constructor(fault: string, message: string) {
    super(message);
    this.name = 'BadAnswer';
    this.fault = fault;
  }
}

/** What was said and answered, for whoever scripts or watches the stand-in. */
export interface Exchange {
  readonly at: string;
  readonly operation: string;
  readonly noticeNumber: string;
  readonly outcome: string;
}

/** The creditor as the node talks to it. */
export interface Creditor {
  verify(notice: Notice): Promise<Verified | No>;
  get(notice: Notice, way: Way, paymentNote: string | undefined): Promise<Got | No>;
  /** @returns null where the receipt was taken */
  receive(receipt: object, notice: Notice, version: 1 | 2): Promise<No | null>;
}

/** How long the node waits for the answers. */
export interface Patience {
  readonly askMs: number;
  readonly receiptMs: number;
}

/** Talks to a creditor's station. @param note called after each exchange */
export function openCreditor(station: Station, patience: Patience, note: (exchange: Exchange) => void): Creditor {
  const caller = ({ fiscalCode }: Notice) => ({
    idPA: fiscalCode,
    idBrokerPA: station.brokerId,
    idStation: station.stationId,
  });

  async function ask<Schema extends z.ZodType<{ outcome: string }>>(
    asked: { operation: string; request: string; response: string; content: object; notice: Notice; withinMs: number },
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const { operation, notice } = asked;
    let outcome = 'PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE';
    try {
      const response = await fetch(station.url, {
        method: 'POST',
        headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${operation}"` },
        body: writeMessage(asked.request, asked.content),
        signal: AbortSignal.timeout(asked.withinMs),
      });
      const text = await response.text();
      const parsed = response.ok ? schema.safeParse(readAnswer(text, asked.response)) : null;
      if (parsed?.success !== true) {
        outcome = 'PPT_STAZIONE_INT_PA_ERRORE_RESPONSE';
        throw new BadAnswer(outcome, `${operation}: ${response.status} ${parsed?.error.message ?? text.slice(0, 200)}`);
      }
      const no = No.safeParse(parsed.data);
      outcome = no.success ? no.data.fault.faultCode : parsed.data.outcome;
      return parsed.data;
    } catch (cause) {
      if (cause instanceof BadAnswer) throw cause;
      if (cause instanceof DOMException) outcome = 'PPT_STAZIONE_INT_PA_TIMEOUT';
      throw new BadAnswer(outcome, `${operation}: ${cause instanceof Error ? cause.message : String(cause)}`);
    } finally {
      note({ at: new Date().toISOString(), operation, noticeNumber: notice.noticeNumber, outcome });
    }
  }

  return {
    verify: (notice) =>
      ask(
        {
          ...{ operation: 'paVerifyPaymentNotice', request: 'paVerifyPaymentNoticeReq', notice },
          ...{ response: 'paVerifyPaymentNoticeRes', withinMs: patience.askMs },
          content: { ...caller(notice), qrCode: notice },
        },
        Verified,
      ),
    async get(notice, { version, transferType }, paymentNote) {
      const got = await ask(
        {
          ...{ operation: version === 1 ? 'paGetPayment' : 'paGetPaymentV2', notice, withinMs: patience.askMs },
          request: version === 1 ? 'paGetPaymentReq' : 'paGetPaymentV2Request',
          response: version === 1 ? 'paGetPaymentRes' : 'paGetPaymentV2Response',
          content: {
            ...{ ...caller(notice), qrCode: notice },
            ...(paymentNote === undefined ? {} : { paymentNote }),
            ...(transferType === undefined ? {} : { transferType }),
          },
        },
        Got,
      );
      if (got.outcome === 'KO') return got;
      const sum = got.data.transferList.transfer.reduce((total, one) => total + centsOf(one.transferAmount), 0);
      if (sum === centsOf(got.data.paymentAmount)) return got.data;
      throw new BadAnswer(
        'PPT_STAZIONE_INT_PA_ERRORE_RESPONSE',
        'paGetPayment: the transfers do not sum to the payment',
      );
    },
    async receive(receipt, notice, version) {
      const answer = await ask(
        {
          ...{ operation: version === 1 ? 'paSendRT' : 'paSendRTV2', notice, withinMs: patience.receiptMs },
          request: version === 1 ? 'paSendRTReq' : 'paSendRTV2Request',
          response: version === 1 ? 'paSendRTRes' : 'paSendRTV2Response',
          content: { ...caller(notice), receipt },
        },
        Received,
      );
      return answer.outcome === 'KO' ? answer : null;
    },
  };
}

/** Euros with two decimals as cents. */
export function centsOf(euros: string): number {
  return Number(euros.replace('.', ''));
}
