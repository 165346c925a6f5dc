import { expect, test } from '@jest/globals';
import { isPlainTarget, parseLocalPath } from './local-path.ts';

test.each(['/', '/conto-corrente', '/refezione?da=2026-11-01&a=2026-11-30', '/pagina#sezione'])(
  '%s is a path of ours',
  (path) => {
    expect(parseLocalPath(path)).toBe(path);
  },
);

test.each([
  '',
  'conto',
  'https://altrove.example/',
  '//altrove.example',
  '/\\altrove.example',
  '\\\\altrove.example',
  '/conto\\..\\altrove',
  '/\t/altrove.example',
  '/\n/altrove.example',
  ' /conto',
  '/con to',
  '/..//altrove.example',
  '/.//altrove.example',
  'javascript:alert(1)',
  '/login/spid',
  '/logout',
  '/api/session',
  '/./api/session',
  '/città',
  `/${'a'.repeat(600)}`,
])('%j is no path to go back to', (path) => {
  expect(parseLocalPath(path)).toBeNull();
});

test.each(['/', '/conto?x=%2e%2e//..', '/api/ledger/pupils/1/statement?from=2026-01-01', '/a.b/c..d'])(
  '%s is a plain target',
  (target) => {
    expect(isPlainTarget(target)).toBe(true);
  },
);

test.each([
  '/..',
  '/a/../b',
  '/./a',
  '//a',
  '/a//b',
  '/a/%2e%2e/b',
  '/a%2Fb',
  '/a%5cb',
  '/a\\b',
  '/a%00',
  '/a%252e',
  '*',
  'http://x/',
])('%s is a trick', (target) => {
  expect(isPlainTarget(target)).toBe(false);
});
