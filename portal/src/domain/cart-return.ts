/** How a payment in a cart ended, as pagoPA sends the browser back; not proof of anything. */
export type CartOutcome = 'ok' | 'annullato' | 'errore' | 'attesa';

const OUTCOMES: readonly CartOutcome[] = ['ok', 'annullato', 'errore', 'attesa'];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The way back from pagoPA. */
export interface CartReturn {
  readonly cartId: string;
  readonly outcome: CartOutcome;
}

/** How the guardian comes back from pagoPA; null for an address that says nothing of it. */
export function readReturn(
  address: URLSearchParams,
): { readonly cartId: string; readonly outcome: CartOutcome } | null {
  const cartId = address.get('carrello') ?? '';
  const outcome = OUTCOMES.find((one) => one === address.get('esito'));
  return outcome === undefined || !UUID.test(cartId) ? null : { cartId, outcome };
}
