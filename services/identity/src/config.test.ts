import { expect, test } from '@jest/globals';
import { config } from './config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const environment = (issuer: string, more: Record<string, string> = {}) => ({
  DATABASE_URL: 'postgres://identity_app@127.0.0.1/identity',
  ANAGRAFICA_ADDRESS: '127.0.0.1:9090',
  FIELD_KEY: KEY,
  PERSON_HASH_KEY: KEY,
  SIGN_IN_PROVIDERS: JSON.stringify([{ key: 'spid', issuer, clientId: 'campanella' }]),
  REDIRECT_URIS: 'https://servizi.vallefinta.example/login/callback',
  POST_LOGOUT_REDIRECT_URIS: 'https://servizi.vallefinta.example/',
  ...more,
});
const LENIENT = { ALLOW_INSECURE_LOOPBACK_ISSUERS: 'true' };

test('a provider is asked for the codice fiscale as SPID and CIE give it, unless the configuration says otherwise', () => {
  expect(config(environment('https://idp.example')).SIGN_IN_PROVIDERS[0]).toMatchObject({
    codiceFiscaleClaim: 'https://attributes.eid.gov.it/fiscal_number',
    codiceFiscalePrefix: 'TINIT-',
    prompt: 'login',
    scope: 'openid',
  });
});

test.each(['http://127.0.0.1:9400', 'http://localhost:9400', 'http://[::1]:9400'])(
  'an issuer on %s is plain http only where the configuration says so',
  (issuer) => {
    expect(() => config(environment(issuer))).toThrow('must be https');
    expect(config(environment(issuer, LENIENT)).SIGN_IN_PROVIDERS).toHaveLength(1);
  },
);

test.each(['http://idp.example', 'http://127.0.0.1.example', 'http://localhost.example', 'http://10.0.0.1'])(
  'an issuer on %s is never plain http',
  (issuer) => {
    expect(() => config(environment(issuer, LENIENT))).toThrow('must be https');
  },
);

test('every fault is told at once', () => {
  const faults = () => config({ SIGN_IN_PROVIDERS: '{', PERSON_HASH_KEY: 'c2hvcnQ=' });
  for (const name of ['DATABASE_URL', 'FIELD_KEY', 'PERSON_HASH_KEY', 'SIGN_IN_PROVIDERS', 'REDIRECT_URIS']) {
    expect(faults).toThrow(name);
  }
});
