import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { endCart } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import type { CartReturn } from '../domain/cart-return.ts';
import { TEXTS } from '../texts.ts';
import { Notice } from './notice.tsx';

/** What pagoPA says on the way back: never proof of a payment, which only the receipt is. */
export function ReturnedNotice({ cartId, outcome }: CartReturn) {
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const csrfToken = session.data?.signedIn ? session.data.csrfToken : null;
  const { title, text } = TEXTS.returned[outcome];
  useEffect(() => {
    // Who came back without having paid may pay again at once; after an error nobody knows, and the lock ends by itself.
    if (csrfToken === null || outcome !== 'annullato') return;
    void endCart(cartId, csrfToken).then(
      () => queries.invalidateQueries(),
      () => undefined,
    );
  }, [cartId, csrfToken, outcome, queries]);
  return (
    <Notice tone={outcome === 'ok' ? 'success' : outcome === 'errore' ? 'danger' : 'info'} title={title}>
      <p>{text}</p>
    </Notice>
  );
}
