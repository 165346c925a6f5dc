import { describeApi } from '@campanella/service-kit';
import { z } from 'zod';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .meta({ description: 'Calendar day in Europe/Rome', example: '2026-11-23' });
const amount = z.int().meta({ description: 'Euro cents; below zero for a debit' });
const instant = z.iso.datetime().meta({ description: 'Instant, UTC' });

/** Lines of one page of a list. */
export const PAGE_MAX = 100;

export const StatementQuery = z.object({
  service: z.string().meta({ description: 'Service code, e.g. school_meals' }),
  from: day,
  to: day,
  cursor: z.string().max(100).optional().meta({ description: 'nextCursor of the page before' }),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
});

export const StatementAnswer = z.object({
  service: z.string(),
  from: day,
  to: day,
  openingBalanceCents: amount,
  closingBalanceCents: amount,
  currentBalanceCents: amount,
  asOf: instant,
  movements: z.array(
    z.object({
      transferId: z.uuid(),
      serviceDate: day,
      occurredAt: instant,
      postedAt: instant,
      kind: z.enum(['meal', 'top_up', 'reversal', 'refund']),
      amountCents: amount,
      balanceAfterCents: amount,
      reverses: z.uuid().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export const BalancesAnswer = z.object({
  accounts: z.array(z.object({ pupilId: z.uuid(), service: z.string(), balanceCents: amount, overdraftCents: amount })),
  asOf: instant,
});

const Problem = z.object({ type: z.string(), title: z.string(), status: z.int(), kind: z.string() });
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

/** The ledger's API as OpenAPI, from the schemas that validate it. */
export function ledgerDescription(): object {
  return describeApi({
    title: 'Campanella ledger',
    version: '1',
    paths: {
      '/api/ledger/pupils/{pupilId}/statement': {
        get: {
          summary: 'Movements and balances of a pupil’s account for a service, by the Rome day on which they happened',
          requestParams: { path: z.object({ pupilId: z.uuid() }), query: StatementQuery },
          responses: {
            200: { description: 'One page', content: { 'application/json': { schema: StatementAnswer } } },
            401: problem('No valid internal identity token'),
            404: problem('Not the caller’s pupil, or none'),
            422: problem('A wrong parameter'),
          },
        },
      },
      '/api/ledger/balances': {
        get: {
          summary: 'Balances of the accounts of the caller’s pupils',
          responses: {
            200: { description: 'All accounts', content: { 'application/json': { schema: BalancesAnswer } } },
            401: problem('No valid internal identity token'),
          },
        },
      },
    },
  });
}
