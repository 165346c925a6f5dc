import { expect, test } from '@jest/globals';
import { config } from './config.ts';

const environment = (more: Record<string, string>) => ({
  MUNICIPALITY_HOSTS: '{"servizi.vallefinta.example":1}',
  REDIS_URL: 'redis://127.0.0.1:6379',
  IDENTITY_ADDRESS: '127.0.0.1:9091',
  ANAGRAFICA_ADDRESS: '127.0.0.1:9092',
  IDENTITY_HTTP_URL: 'http://127.0.0.1:8081',
  ANAGRAFICA_HTTP_URL: 'http://127.0.0.1:8082',
  LEDGER_HTTP_URL: 'http://127.0.0.1:8083',
  ATTENDANCE_HTTP_URL: 'http://127.0.0.1:8084',
  BILLING_HTTP_URL: 'http://127.0.0.1:8085',
  PORTAL_DIR: 'portal/dist',
  ...more,
});

test('https is what browsers use unless the configuration says otherwise', () => {
  const settings = config(environment({}));
  expect(settings.PUBLIC_SCHEME).toBe('https');
  expect(settings.MUNICIPALITY_HOSTS).toEqual(new Map([['servizi.vallefinta.example', 1]]));
});

test('plain http is for loopback hosts only', () => {
  const loopback = { MUNICIPALITY_HOSTS: '{"127.0.0.1:8080":1,"localhost:8080":1}', PUBLIC_SCHEME: 'http' };
  expect(config(environment(loopback)).PUBLIC_SCHEME).toBe('http');
  expect(() => config(environment({ PUBLIC_SCHEME: 'http' }))).toThrow('loopback only');
});

test.each(['{', '{"Servizi.Example":1}', '{"a.example":0}', '{"a.example/x":1}', '[]'])(
  'a map of hosts that is %s is refused',
  (hosts) => {
    expect(() => config(environment({ MUNICIPALITY_HOSTS: hosts }))).toThrow('MUNICIPALITY_HOSTS');
  },
);

test('a listener for cards needs all of its files, and without one none is asked for', () => {
  expect(config(environment({})).CNS_PORT).toBeUndefined();
  expect(() => config(environment({ CNS_PORT: '8443', CNS_TLS_CERT_FILE: 'a', CNS_CA_FILE: 'b' }))).toThrow(
    /CNS_TLS_KEY_FILE[\s\S]*CNS_CRL_FILE/,
  );
});
