import { expect, test } from '@jest/globals';
import { readReturn } from './cart-return.ts';

test('only a cart and one of the four outcomes are a way back from pagoPA', () => {
  const cartId = '01938f00-0000-7000-8000-000000000001';
  expect(readReturn(new URLSearchParams({ carrello: cartId, esito: 'attesa' }))).toEqual({ cartId, outcome: 'attesa' });
  expect(readReturn(new URLSearchParams({ carrello: cartId, esito: 'pagato' }))).toBeNull();
  expect(readReturn(new URLSearchParams({ carrello: '../x', esito: 'ok' }))).toBeNull();
  expect(readReturn(new URLSearchParams())).toBeNull();
});
