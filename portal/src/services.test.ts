import { expect, test } from '@jest/globals';
import { returnPath, SERVICES, serviceAt } from './services.ts';

test('the hub has its seven services in the order that parents know', () => {
  expect(SERVICES.map((service) => service.title)).toEqual([
    'Scheda anagrafica',
    'Refezione scolastica',
    'Documenti contabili',
    'Conto corrente virtuale',
    'Pagamento servizi scolastici',
    'Ricariche con PagoPA',
    'Comunicazioni assenze',
  ]);
});

test('a path with filters belongs to its service', () => {
  expect(serviceAt('/conto-corrente-virtuale?da=2026-01-01')?.title).toBe('Conto corrente virtuale');
  expect(serviceAt('/')).toBeUndefined();
});

test.each([
  ['/refezione-scolastica?a=1', '/refezione-scolastica?a=1'],
  [null, '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/accedi?errore=cancelled', '/'],
  ['/accedi/identita-digitale', '/'],
  ['/login/spid?return=/', '/'],
  ['/x/../login/spid', '/'],
  ['/logout', '/'],
  ['/api/session', '/'],
  ['/\t/evil.example', '/'],
  ['/x/..//evil.example', '/'],
  [`/${'x'.repeat(512)}`, '/'],
])('after sign-in %s leads to %s', (wanted, path) => {
  expect(returnPath(wanted)).toBe(path);
});
