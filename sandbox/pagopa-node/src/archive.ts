import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';

/** A position that pagoPA keeps: told by its creditor to the archive (ACA), or kept in the creditor's stead (GPD). */
export interface Kept {
  readonly keeper: 'aca' | 'gpd';
  /** The creditor's own id of it, which GPD uses. */
  readonly iupd: string | null;
  readonly fiscalCode: string;
  readonly noticeNumber: string;
  readonly debtorCode: string;
  readonly debtorName: string;
  readonly amountCents: number;
  readonly description: string;
  readonly companyName: string;
  readonly dueAt: string;
  readonly iban: string;
  readonly category: string;
  readonly switchToExpired: boolean;
  readonly status: 'VALID' | 'INVALID' | 'PAID';
}

/** What is kept, and every change in the order in which it came. */
export interface Archive {
  find(fiscalCode: string, noticeNumber: string): Kept | null;
  markPaid(kept: Kept): void;
  readonly kept: readonly Kept[];
  readonly changes: readonly { readonly noticeNumber: string; readonly amountCents: number; readonly status: string }[];
  /** Answered instead of anything else; null: as it should be. */
  fault: number | null;
}

const fiscalCode = z.string().regex(/^\d{11}$/);
const iban = z.string().regex(/^[A-Z0-9]{27}$/);
/** `paCreatePosition.json` */
const AcaBody = z.object({
  paFiscalCode: fiscalCode,
  entityType: z.enum(['F', 'G']),
  entityFiscalCode: z.string().min(2),
  entityFullName: z.string().min(1).max(255),
  iuv: z.string().min(1).max(255),
  nav: z.string().regex(/^\d{18}$/),
  amount: z.int().min(0),
  description: z.string().min(1).max(255),
  expirationDate: z.iso.datetime(),
  iban: iban.optional(),
  postalIban: iban.optional(),
  switchToExpired: z.boolean().default(false),
  payStandIn: z.boolean().default(true),
});
/** `gpd.json` */
const GpdBody = z.object({
  iupd: z.string().min(1),
  type: z.enum(['F', 'G']),
  fiscalCode: z.string().min(2),
  fullName: z.string().min(1),
  companyName: z.string().min(1).max(140),
  switchToExpired: z.boolean(),
  paymentOption: z
    .array(
      z.object({
        nav: z.string().regex(/^\d{18}$/),
        iuv: z.string().min(1),
        amount: z.int().min(1),
        description: z.string().max(140),
        isPartialPayment: z.boolean(),
        dueDate: z.iso.datetime(),
        paymentOptionMetadata: z.array(z.unknown()).max(10),
        transfer: z
          .array(
            z.object({
              idTransfer: z.enum(['1', '2', '3', '4', '5']),
              amount: z.int().min(1),
              remittanceInformation: z.string().max(140),
              category: z.string(),
              iban: z.string().min(1).max(35),
              transferMetadata: z.array(z.unknown()).max(10),
            }),
          )
          .min(1)
          .max(5),
      }),
    )
    .length(1),
});

/** Opens an empty one. */
export function openArchive(): Archive & { put(kept: Kept): void } {
  const all = new Map<string, Kept>();
  const changes: { noticeNumber: string; amountCents: number; status: string }[] = [];
  const archive: Archive & { put(kept: Kept): void } = {
    fault: null,
    changes,
    get kept() {
      return [...all.values()];
    },
    find: (code: string, noticeNumber: string) => all.get(`${code}/${noticeNumber}`) ?? null,
    put(kept: Kept) {
      all.set(`${kept.fiscalCode}/${kept.noticeNumber}`, kept);
      const { noticeNumber, amountCents, status } = kept;
      changes.push({ noticeNumber, amountCents, status });
    },
    markPaid: (kept: Kept) => archive.put({ ...kept, status: 'PAID' }),
  };
  return archive;
}

/** The two interfaces by which creditors tell positions: `paCreatePosition` of ACA, and GPD's. */
export function archiveRoutes(
  app: Express,
  { archive, key }: { readonly archive: ReturnType<typeof openArchive>; readonly key: string },
): void {
  const body = express.json({ limit: '64kb' });
  const guard = (request: Request, response: Response, next: () => void) => {
    if (request.get('ocp-apim-subscription-key') !== key) return problem(response, 401, 'wrong key');
    if (archive.fault !== null) return problem(response, archive.fault, 'scripted');
    next();
  };
  app.use(['/aca/v1', '/gpd/debt-positions-service/v1'], guard, body);

  app.post('/aca/v1/paCreatePosition', (request, response) => {
    const parsed = AcaBody.safeParse(request.body);
    if (!parsed.success) return problem(response, 400, z.prettifyError(parsed.error));
    const { paFiscalCode, nav, amount, iuv } = parsed.data;
    const found = archive.find(paFiscalCode, nav);
    if (nav.slice(1) !== iuv) return problem(response, 422, 'nav and iuv differ');
    if (amount === 0 && found === null) return problem(response, 404, 'no such position');
    if (found?.status === 'PAID') return problem(response, 409, 'paid already');
    archive.put({
      ...{ keeper: 'aca', iupd: null, fiscalCode: paFiscalCode, noticeNumber: nav },
      ...{ debtorCode: parsed.data.entityFiscalCode, debtorName: parsed.data.entityFullName },
      amountCents: amount,
      description: parsed.data.description,
      ...{ companyName: 'Ente creditore', dueAt: parsed.data.expirationDate, iban: parsed.data.iban ?? '' },
      ...{ category: '9/0101002IM/', switchToExpired: parsed.data.switchToExpired },
      status: amount === 0 ? 'INVALID' : 'VALID',
    });
    response.json({ ...parsed.data, status: amount === 0 ? 'INVALID' : 'VALID' });
  });

  const all = '/gpd/debt-positions-service/v1/organizations/:code/debtpositions';
  const byIupd = (request: Request) =>
    archive.kept.find((one) => one.iupd === request.params['iupd'] && one.fiscalCode === request.params['code']);

  app.get(`${all}/:iupd`, (request, response) => {
    const found = byIupd(request);
    if (found === undefined) return problem(response, 404, 'no such position');
    response.json({
      iupd: found.iupd,
      status: found.status,
      paymentOption: [{ nav: found.noticeNumber, amount: found.amountCents }],
    });
  });
  app.post(all, (request, response) => {
    const parsed = GpdBody.safeParse(request.body);
    if (!parsed.success) return problem(response, 400, z.prettifyError(parsed.error));
    const kept = toKept(String(request.params['code']), parsed.data);
    if (archive.find(kept.fiscalCode, kept.noticeNumber) !== null) return problem(response, 409, 'there already');
    archive.put(kept);
    response.status(201).json({ ...parsed.data, status: kept.status });
  });
  app.put(`${all}/:iupd`, (request, response) => {
    const parsed = GpdBody.safeParse(request.body);
    if (!parsed.success) return problem(response, 400, z.prettifyError(parsed.error));
    const found = byIupd(request);
    if (found === undefined) return problem(response, 404, 'no such position');
    if (found.status !== 'VALID') return problem(response, 409, `${found.status} already`);
    const kept = toKept(found.fiscalCode, parsed.data);
    archive.put(kept);
    response.json({ ...parsed.data, status: kept.status });
  });
  app.post(`${all}/:iupd/invalidate`, (request, response) => {
    const found = byIupd(request);
    if (found === undefined) return problem(response, 404, 'no such position');
    if (found.status !== 'VALID') return problem(response, 409, `${found.status} already`);
    archive.put({ ...found, status: 'INVALID' });
    response.json({ iupd: found.iupd, status: 'INVALID' });
  });
}

function toKept(
  code: string,
  { iupd, fullName, companyName, switchToExpired, ...body }: z.output<typeof GpdBody>,
): Kept {
  const [option] = body.paymentOption;
  const transfer = option?.transfer[0];
  if (option === undefined || transfer === undefined)
    throw new Error('the schema lets no position without them through');
  return {
    ...{
      keeper: 'gpd',
      iupd,
      fiscalCode: code,
      noticeNumber: option.nav,
      debtorCode: body.fiscalCode,
      debtorName: fullName,
    },
    ...{ amountCents: option.amount, description: option.description, companyName, dueAt: option.dueDate },
    ...{ iban: transfer.iban, category: transfer.category, switchToExpired, status: 'VALID' },
  };
}

function problem(response: Response, status: number, detail: string): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ title: 'refused', status, detail }));
}
