import { HttpRefusal, identityOf, notFound, requireIdentity } from '@campanella/service-kit';
import { parseServiceCode, serviceDateAt } from '@campanella/vocabulary';
import { Router } from 'express';
import type { z } from 'zod';
import { readStatement, type StatementPlace, type StatementReader } from '../app/read-statement.ts';
import { parseRange, type RangeRefusal } from '../domain/statement.ts';
import { type BalancesAnswer, ledgerDescription, type StatementAnswer, StatementQuery } from './describe.ts';

/** What a parent reads of each refusal of a range. */
const RANGE_TITLES: Record<RangeRefusal['kind'], string> = {
  invalid_day: 'La data non è valida: usare il formato gg/mm/aaaa',
  inverted_range: 'La data iniziale è successiva alla data finale',
  range_too_long: 'Il periodo è troppo lungo: scegliere al massimo tre anni',
};

/** The routes of the ledger behind the gateway: what the bearer of an internal identity token may see, and no more. */
export function ledgerApi(deps: { readonly reader: StatementReader; readonly jwksUrl: string }): Router {
  const { reader, jwksUrl } = deps;
  const router = Router();
  const description = ledgerDescription();
  router.get('/openapi.json', (_request, response) => void response.json(description));
  router.use('/api/ledger', requireIdentity({ jwksUrl }));

  router.get('/api/ledger/pupils/:pupilId/statement', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const pupilId = pupilIds.find((one) => one === request.params.pupilId);
    if (pupilId === undefined) throw notFound();
    const query = StatementQuery.safeParse(request.query);
    if (!query.success) throw new HttpRefusal(422, 'malformed', 'La richiesta non è valida');
    const service = parseServiceCode(query.data.service);
    if (service === null) throw new HttpRefusal(422, 'unknown_service', 'Il servizio non è valido');
    const range = parseRange(query.data.from, query.data.to);
    if (!range.ok) throw new HttpRefusal(422, range.refusal.kind, RANGE_TITLES[range.refusal.kind]);
    const after = query.data.cursor === undefined ? null : parseCursor(query.data.cursor);
    const page = await readStatement(reader, {
      municipalityId,
      pupilId,
      service,
      range: range.value,
      after,
      limit: query.data.limit,
    });
    const answer: z.output<typeof StatementAnswer> = {
      service,
      ...range.value,
      openingBalanceCents: page.openingBalanceCents,
      closingBalanceCents: page.closingBalanceCents,
      currentBalanceCents: page.currentBalanceCents,
      asOf: page.asOf.toISOString(),
      movements: page.movements.map(
        ({ transferId, occurredAt, postedAt, kind, amountCents, balanceAfterCents, reverses }) => ({
          transferId,
          serviceDate: serviceDateAt(occurredAt),
          occurredAt: occurredAt.toISOString(),
          postedAt: postedAt.toISOString(),
          kind,
          amountCents,
          balanceAfterCents,
          reverses,
        }),
      ),
      nextCursor: page.next === null ? null : `${page.next.occurredAtMs}.${page.next.seq}`,
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.get('/api/ledger/balances', async (_request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const { accounts, asOf } = await reader.balances(municipalityId, pupilIds);
    const answer: z.output<typeof BalancesAnswer> = { accounts, asOf: asOf.toISOString() };
    response.set('cache-control', 'no-store').json(answer);
  });
  return router;
}

function parseCursor(text: string): StatementPlace {
  const [occurredAtMs, seq] = text.split('.').map(Number);
  if (!/^\d{1,15}\.\d{1,15}$/.test(text) || occurredAtMs === undefined || seq === undefined) {
    throw new HttpRefusal(422, 'malformed', 'La pagina richiesta non è valida: ripetere la ricerca');
  }
  return { occurredAtMs, seq };
}
