import { type Cents, cents, instantAt, parseServiceDate, parseWallTime } from '@campanella/vocabulary';
import { z } from 'zod';
import { parseNoticeNumber } from '../../domain/notice-number.ts';

const text = (length: number) => z.string().min(1).max(length);
const fiscalCode = z.string().regex(/^\d{11}$/);
const notice = z.string().transform((value, context) => {
  const parsed = parseNoticeNumber(value);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'noticeNumber must be 18 digits' });
  return z.NEVER;
});

/** Euros with exactly two decimals, as cents: read as text, since no float holds them. */
const amount = z
  .string()
  .regex(/^\d{1,9}\.\d{2}$/)
  .transform((value): Cents => cents(Number(value.replace('.', ''))));

const Caller = { idPA: text(35), idBrokerPA: text(35), idStation: text(35) };
const qrCode = z.strictObject({ fiscalCode, noticeNumber: notice });

/** `paVerifyPaymentNoticeReq` */
export const VerifyRequest = z.strictObject({ ...Caller, qrCode });

/** `paGetPaymentReq` and `paGetPaymentV2Request`: beside the transfer's type, what else they say does not change our answer. */
export const GetRequest = z.strictObject({
  ...{ ...Caller, qrCode },
  amount: amount.optional(),
  paymentNote: text(210).optional(),
  transferType: z.enum(['POSTAL', 'PAGOPA']).optional(),
  dueDate: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(?:Z|[+-]\d{2}:\d{2})?$/)
    .optional(),
});

/** `paDemandPaymentNoticeRequest` */
export const DemandRequest = z.strictObject({
  ...Caller,
  idServizio: z.string().length(5),
  idSoggettoServizio: z.string().length(5),
  datiSpecificiServizioRequest: z.base64(),
});

const ZONED = /(?:Z|[+-]\d{2}:\d{2})$/;

/** An instant as the node writes it: with a zone or, as its guides do, without one, which is Rome's wall. */
const instant = z.string().transform((value, context): Date => {
  const at = ZONED.test(value) ? new Date(value) : romeInstant(value);
  if (at !== null && !Number.isNaN(at.getTime())) return at;
  context.addIssue({ code: 'custom', message: 'not a dateTime' });
  return z.NEVER;
});

function romeInstant(value: string): Date | null {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):(\d{2})(?:\.(\d{1,3})\d*)?$/.exec(value);
  const day = parseServiceDate(match?.[1] ?? '');
  const time = parseWallTime(match?.[2] ?? '');
  if (match === null || day === null || time === null) return null;
  const beyondMinuteMs = Number(match[3]) * 1_000 + Number((match[4] ?? '0').padEnd(3, '0'));
  return new Date(instantAt(day, time).getTime() + beyondMinuteMs);
}

/**
 * `paSendRTReq` and `paSendRTV2Request`: what we need of a receipt; its whole text is kept beside. What else there is does not matter: a KO would
 * be final, and the money unknown.
 */
export const ReceiptRequest = z.object({
  ...Caller,
  receipt: z.object({
    receiptId: text(255),
    noticeNumber: notice,
    fiscalCode,
    outcome: z.enum(['OK', 'KO']),
    paymentAmount: amount,
    transferList: z.object({
      transfer: z
        .array(z.object({ transferAmount: amount, fiscalCodePA: fiscalCode }))
        .min(1)
        .max(5),
    }),
    PSPCompanyName: text(70),
    paymentDateTime: instant.optional(),
  }),
});
