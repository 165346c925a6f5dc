import { z } from 'zod';
import { CASE_OUTCOMES } from '../app/office-cases.ts';

const CLASSES = ['late', 'already_paid', 'cancelled', 'other_amount', 'unknown_notice'] as const;

/** What `GET /api/billing/office/cases` is asked with. */
export const CasesQuery = z.object({
  state: z.enum(['open', 'resolved']).default('open').describe('Open: the oldest first; resolved: the newest first'),
  cursor: z.string().max(100).optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Most cases in the page'),
});

/** One case, with every decision about it. */
export const OfficeCase = z.object({
  caseId: z.uuid(),
  class: z
    .enum(CLASSES)
    .describe(
      'What became of the receipt: late (settled, after the day the municipality allows), already_paid (a second payment), cancelled (of a position that was withdrawn), other_amount, unknown_notice (no notice of ours)',
    ),
  receiptId: z.string(),
  noticeNumber: z.string().describe('18 digits'),
  amountCents: z.int().describe('Euro cents that arrived'),
  paidAt: z.iso.datetime(),
  openedAt: z.iso.datetime(),
  ageDays: z.int().min(0).describe('Whole days since it was opened, until it was resolved'),
  resolvedAt: z.iso.datetime().nullable(),
  lines: z.array(
    z.object({
      outcome: z.enum(CASE_OUTCOMES),
      note: z.string(),
      madeBy: z.uuid().describe('The person of the office'),
      madeAt: z.iso.datetime(),
    }),
  ),
});

/** Answer of `GET /api/billing/office/cases`. */
export const CasesAnswer = z.object({
  cases: z.array(OfficeCase),
  nextCursor: z.string().nullable().describe('Ask with it for the next page; null on the last'),
  openCount: z.int().min(0),
  openCents: z.int().min(0).describe('What all open cases sum to'),
});

/** What `POST /api/billing/office/cases/{caseId}/lines` takes. */
export const CaseLineBody = z.strictObject({
  outcome: z
    .enum(CASE_OUTCOMES)
    .describe('refunded to the payer, credited to an account, accounted elsewhere; reopened takes a decision back'),
  note: z.string().trim().min(1).max(500).describe('Why, and under which act: no personal data'),
});

export type OfficeCaseAnswer = z.output<typeof OfficeCase>;
export type CasesAnswer = z.output<typeof CasesAnswer>;
