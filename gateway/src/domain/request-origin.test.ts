import { expect, test } from '@jest/globals';
import { isOwnOrigin } from './request-origin.ts';

const OWN = 'https://servizi.vallefinta.example';

test.each([
  ['our own page', OWN, 'same-origin', true],
  ['an old browser that only sends Origin', OWN, undefined, true],
  ['a program', undefined, undefined, true],
  ['another site', 'https://altrove.example', 'cross-site', false],
  ['a sibling host', 'https://altro.vallefinta.example', 'same-site', false],
  ['our host over http', 'http://servizi.vallefinta.example', undefined, false],
  ['a sandboxed frame', 'null', 'cross-site', false],
  ['an origin that contradicts', OWN, 'cross-site', false],
  ['a typed address', undefined, 'none', false],
])('%s', (_from, origin, secFetchSite, expected) => {
  expect(isOwnOrigin({ origin, secFetchSite }, OWN)).toBe(expected);
});
