import { z } from 'zod';
import type { Checkout } from '../app/start-cart.ts';

/** The portal's page that says what became of a payment, by what was paid first. */
const RETURN_PATH = { top_up: '/ricariche-pagopa', instalment: '/pagamento-servizi-scolastici' } as const;
const WITHIN_MS = 5_000;
const Problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

/**
 * pagoPA's Checkout, carts of a creditor, version 2: it answers 302 with the page where the browser pays. The key stays on this side.
 *
 * @see pagoPA, checkout_v2.json
 */
export function checkoutClient(options: { readonly cartsUrl: string; readonly key: string }): Checkout {
  return {
    async open({ cartId, creditor, positions }) {
      const back = (outcome: string) =>
        `${creditor.portalUrl}${RETURN_PATH[positions[0]?.kind ?? 'top_up']}?carrello=${cartId}&esito=${outcome}`;
      const response = await fetch(options.cartsUrl, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.timeout(WITHIN_MS),
        headers: { 'content-type': 'application/json', 'ocp-apim-subscription-key': options.key },
        body: JSON.stringify({
          paymentNotices: positions.map((position) => ({
            noticeNumber: position.noticeNumber,
            fiscalCode: creditor.fiscalCode,
            amount: position.amountCents,
            companyName: creditor.companyName,
            description: position.description,
          })),
          returnUrls: {
            returnOkUrl: back('ok'),
            returnCancelUrl: back('annullato'),
            returnErrorUrl: back('errore'),
            returnWaitingUrl: back('attesa'),
          },
          idCart: cartId,
          allCCP: creditor.postalIban !== null,
        }),
      });
      const location = response.headers.get('location');
      if (response.status === 302 && location !== null && URL.canParse(location)) {
        await response.body?.cancel();
        return location;
      }
      const problem = Problem.safeParse(await response.json().catch(() => ({}))).data;
      throw new Error(`Checkout answered ${response.status} ${problem?.title ?? ''} ${problem?.detail ?? ''}`.trim());
    },
  };
}
