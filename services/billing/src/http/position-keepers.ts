import { addDays, instantAt, type ServiceDate, wallTime } from '@campanella/vocabulary';
import { z } from 'zod';
import { type PositionKeeper, PositionKeeperAway } from '../app/load-positions.ts';
import type { Creditor } from '../app/ports.ts';
import { iuvOf } from '../domain/notice-number.ts';
import type { Position } from '../domain/position.ts';

const WITHIN_MS = 5_000;
const NAME_LENGTH_MAX = 70;
/** What says nothing about the request: later it may be taken. */
const LATER = new Set([401, 403, 429]);

/** Where one of pagoPA's interfaces is, without a slash at its end, and the subscription key that opens it. */
export interface KeeperAddress {
  readonly url: string;
  readonly key: string;
}

/**
 * pagoPA's archive of positions, which pays for us while we cannot be asked: one call makes, changes and, with amount 0, closes.
 *
 * @see pagoPA, paCreatePosition.json
 */
export function acaKeeper(address: KeeperAddress): PositionKeeper {
  return {
    async put(creditor, position) {
      const answer = await ask(address, 'POST', '/paCreatePosition', {
        paFiscalCode: creditor.fiscalCode,
        entityType: 'F',
        entityFiscalCode: position.debtor.codiceFiscale,
        entityFullName: position.debtor.fullName.slice(0, NAME_LENGTH_MAX),
        ...{ iuv: iuvOf(position.noticeNumber), nav: position.noticeNumber },
        amount: position.state === 'open' ? position.amountCents : 0,
        description: position.description,
        expirationDate: endOf(position.dueOn),
        iban: creditor.iban,
        ...(creditor.postalIban === null ? {} : { postalIban: creditor.postalIban }),
        switchToExpired: creditor.refusesLatePayments,
        payStandIn: true,
      });
      // One that was never there, or that pagoPA has closed itself, is closed.
      if (position.state !== 'open' && (answer.status === 404 || answer.status === 409)) return;
      if (!answer.ok) throw refused('ACA', answer);
    },
  };
}

const Kept = z.object({ status: z.string() });

/**
 * Positions that pagoPA keeps and answers for in our stead: read first, then made, changed or invalidated.
 *
 * @see pagoPA, gpd.json
 */
export function gpdKeeper(address: KeeperAddress): PositionKeeper {
  return {
    async put(creditor, position) {
      const all = `/organizations/${creditor.fiscalCode}/debtpositions`;
      const one = `${all}/${position.positionId}`;
      const found = await ask(address, 'GET', one);
      if (!found.ok && found.status !== 404) throw refused('GPD', found);
      const status = found.ok ? Kept.parse(await found.json()).status : null;
      if (position.state === 'paid') return;
      if (position.state === 'cancelled') {
        if (status === null || status === 'INVALID') return;
        const invalidated = await ask(address, 'POST', `${one}/invalidate`);
        if (!invalidated.ok) throw refused('GPD', invalidated);
        return;
      }
      const body = toGpd(creditor, position);
      const put = await (status === null
        ? ask(address, 'POST', `${all}?toPublish=true`, body)
        : ask(address, 'PUT', `${one}?toPublish=true`, body));
      if (!put.ok) throw refused('GPD', put);
    },
  };
}

function toGpd(creditor: Creditor, position: Position): object {
  const { amountCents: amount, description } = position;
  return {
    ...{ iupd: position.positionId, type: 'F', fiscalCode: position.debtor.codiceFiscale },
    fullName: position.debtor.fullName.slice(0, NAME_LENGTH_MAX),
    ...{ companyName: creditor.companyName, officeName: creditor.officeName },
    switchToExpired: creditor.refusesLatePayments,
    paymentOption: [
      {
        ...{ nav: position.noticeNumber, iuv: iuvOf(position.noticeNumber), amount, description },
        ...{ isPartialPayment: false, dueDate: endOf(position.dueOn), paymentOptionMetadata: [] },
        transfer: [
          {
            ...{ idTransfer: '1', amount, remittanceInformation: description, category: position.taxonomyCode },
            ...{ organizationFiscalCode: creditor.fiscalCode, iban: creditor.iban, transferMetadata: [] },
            ...(creditor.postalIban === null ? {} : { postalIban: creditor.postalIban }),
          },
        ],
      },
    ],
  };
}

/** The last second of a day in Rome: a due day is a whole day. */
function endOf(day: ServiceDate): string {
  return new Date(instantAt(addDays(day, 1), wallTime('00:00')).getTime() - 1_000).toISOString();
}

async function ask({ url, key }: KeeperAddress, method: string, path: string, body?: object): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(WITHIN_MS),
      headers: { 'content-type': 'application/json', 'ocp-apim-subscription-key': key },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new PositionKeeperAway('pagoPA does not answer', cause);
  }
  if (answer.status >= 500 || LATER.has(answer.status)) {
    await answer.body?.cancel();
    throw new PositionKeeperAway(`pagoPA answered ${answer.status}`);
  }
  return answer;
}

/** The body says which field, and may say whose: it is not told on. */
function refused(keeper: string, { status }: Response): Error {
  return new Error(`${keeper} refused a position with ${status}`);
}
