// @peculiar/x509 builds on it, and wants it loaded first.
import 'reflect-metadata';

import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { beginSignIn } from '../src/app/begin-sign-in.ts';
import { completeSignIn } from '../src/app/complete-sign-in.ts';
import type { IdentityProviders } from '../src/app/ports.ts';
import { presentCertificate } from '../src/app/present-certificate.ts';
import { cardReader } from '../src/cards/card-reader.ts';
import type { SignInMethod } from '../src/domain/sign-in-method.ts';
import { codeHash, personStore } from '../src/store/person-store.ts';
import { readSignInLog, signInStore } from '../src/store/sign-in-store.ts';

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const CALLBACK = 'https://servizi.vallefinta.example/login/callback';
const SUBJECT = 'C=IT, O=Regione Finta, CN=SMPRRA86C54H501M/7400123400000001.aBcD\\=, G=Aurora, SN=Esempio';
const methods: readonly SignInMethod[] = [
  {
    key: 'cns',
    kind: 'certificate',
    label: 'Entra con CNS/CIE',
    municipalityIds: null,
    certificateUrl: 'https://cns.vallefinta.example',
  },
];
const nobody = new Proxy({} as IdentityProviders, {
  get: () => () => {
    throw new Error('a card needs no provider');
  },
});

interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
}
type CryptoKeyPair = Awaited<ReturnType<typeof makeKeys>>;
const makeKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

let own: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;
let authority: Authority;
let cardKeys: CryptoKeyPair;
beforeAll(async () => {
  own = await privateDatabase({ migrations: fileURLToPath(new URL('../migrations', import.meta.url)) });
  const logger = createLogger({ service: 'identity', level: 'error' });
  database = openDatabase({ url: own.url, applicationName: 'identity-test' }, logger);
  await database.start();
  [authority, cardKeys] = await Promise.all([makeAuthority(), makeKeys()]);
});
afterAll(async () => {
  await database.stop();
  await own.close();
});

async function makeAuthority(): Promise<Authority> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'C=IT, O=Regione Finta, CN=CA di carte inventate',
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2036-01-01'),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  return { certificate, keys };
}

interface CardForm {
  readonly subject?: string;
  readonly issuer?: Authority;
  readonly notAfter?: Date;
  readonly extensions?: readonly Extension[];
}

const SIGNS = new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true);
const CLIENT = new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]);

async function card({
  subject = SUBJECT,
  issuer = authority,
  notAfter,
  extensions,
}: CardForm = {}): Promise<Uint8Array> {
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomBytes(8).toString('hex'),
    subject,
    issuer: issuer.certificate.subject,
    notBefore: new Date('2026-01-01'),
    notAfter: notAfter ?? new Date('2032-01-01'),
    signingAlgorithm: ALGORITHM,
    publicKey: cardKeys.publicKey,
    signingKey: issuer.keys.privateKey,
    extensions: [...(extensions ?? [SIGNS, CLIENT])],
  });
  return new Uint8Array(certificate.rawData);
}

const now = () => new Date('2026-11-23T09:00:00Z');
const cipher = openFieldCipher(randomBytes(32).toString('base64'));
const deps = () => {
  const transaction: Database['transaction'] = (work) => database.transaction(work);
  return {
    transaction,
    methods,
    clock: { now },
    signIns: signInStore(cipher),
    persons: personStore(cipher, codeHash(Buffer.alloc(32, 7))),
    providers: nobody,
    redirectUris: [CALLBACK],
    cards: cardReader([authority.certificate]),
  };
};

async function begin(): Promise<{ url: URL; state: string }> {
  const command = { municipalityId: 1, provider: 'cns', issuer: '', redirectUri: CALLBACK };
  const begun = await beginSignIn(deps(), command);
  if (!begun.ok) throw new Error(begun.refusal.kind);
  return { url: new URL(begun.value.redirectUrl), state: begun.value.state };
}

async function present(state: string, certificateDer: Uint8Array, tlsError = '', municipalityId = 1): Promise<string> {
  const presented = await presentCertificate(deps(), { municipalityId, state, certificateDer, tlsError });
  return presented.ok ? presented.value.redirectUrl : presented.refusal.kind;
}

async function complete(state: string, callbackUrl: string): Promise<string> {
  const done = await completeSignIn(deps(), { municipalityId: 1, state, callbackUrl, sourceAddress: null });
  return done.ok ? done.value.displayName : `${done.refusal.kind} ${done.refusal.code}`.trim();
}

async function signInWith(certificateDer: Uint8Array, tlsError = ''): Promise<string> {
  const { state } = await begin();
  return complete(state, await present(state, certificateDer, tlsError));
}

test('a card signs its holder in: away to the listener that asks for it, back with a code that is used once', async () => {
  const { url, state } = await begin();
  expect(url.href).toBe(`https://cns.vallefinta.example/login/cns/1?state=${state}`);
  const back = await present(state, await card());
  expect(back).toMatch(new RegExp(`^${CALLBACK}\\?state=${state}&code=[\\w-]{43}$`));
  expect(await complete(state, back)).toBe('Aurora Esempio');
  expect(await complete(state, back)).toBe('expired');
});

describe('nobody is signed in', () => {
  test.each<[string, () => Promise<Uint8Array>, string, string]>([
    ['without a card', async () => new Uint8Array(), '', 'certificate_refused no_certificate'],
    ['by a card that the handshake found revoked', () => card(), 'CERT_REVOKED', 'certificate_refused revoked'],
    ['by a card that the handshake found expired', () => card(), 'CERT_HAS_EXPIRED', 'certificate_refused expired'],
    [
      'by a card of a CA that the handshake does not know',
      () => card(),
      'SELF_SIGNED_CERT_IN_CHAIN',
      'certificate_refused untrusted',
    ],
    [
      'by an expired card, also where the handshake said nothing',
      () => card({ notAfter: new Date('2026-11-22') }),
      '',
      'certificate_refused expired',
    ],
    [
      'by a card of another CA, also where the handshake said nothing',
      async () => card({ issuer: await makeAuthority() }),
      '',
      'certificate_refused untrusted',
    ],
    [
      'by a card that may not sign',
      () => card({ extensions: [new KeyUsagesExtension(KeyUsageFlags.keyEncipherment, true), CLIENT] }),
      '',
      'certificate_refused not_for_sign_in',
    ],
    [
      'by a certificate without a key usage',
      () => card({ extensions: [CLIENT] }),
      '',
      'certificate_refused not_for_sign_in',
    ],
    [
      "by a server's certificate",
      () => card({ extensions: [SIGNS, new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])] }),
      '',
      'certificate_refused not_for_sign_in',
    ],
    [
      'by a certificate without a codice fiscale',
      () => card({ subject: 'C=IT, CN=Aurora Esempio' }),
      '',
      'no_codice_fiscale',
    ],
    ['by bytes that are no certificate', async () => randomBytes(500), '', 'certificate_refused untrusted'],
  ])('%s', async (_how, certificate, tlsError, expected) => {
    expect(await signInWith(await certificate(), tlsError)).toBe(expected);
  });

  test('by a code that was made up, or without one: who saw the state has not shown a card', async () => {
    const { state } = await begin();
    await present(state, await card());
    expect(await complete(state, `${CALLBACK}?state=${state}&code=${'A'.repeat(43)}`)).toBe(
      'certificate_refused no_certificate',
    );
    const other = await begin();
    await present(other.state, await card());
    expect(await complete(other.state, `${CALLBACK}?state=${other.state}`)).toBe('certificate_refused no_certificate');
  });

  test('who comes back without having been at the listener', async () => {
    const { state } = await begin();
    expect(await complete(state, `${CALLBACK}?state=${state}&code=x`)).toBe('certificate_refused no_certificate');
  });
});

test('a card is shown once for a sign-in: a second one, of whomever, changes nothing', async () => {
  const { state } = await begin();
  const back = await present(state, await card());
  expect(await present(state, await card({ subject: 'C=IT, CN=RSSMRA80A01H501U/1.x' }))).toBe('not_pending');
  expect(await complete(state, back)).toBe('Aurora Esempio');
});

test('a card is not taken for a state that is unknown, or of another municipality', async () => {
  const { state } = await begin();
  expect(await present('B'.repeat(43), await card())).toBe('not_pending');
  expect(await present(state, await card(), '', 2)).toBe('not_pending');
});

test('neither the code of the card nor the holder is in a table in clear, and every attempt is logged', async () => {
  const { state } = await begin();
  const back = await present(state, await card());
  const code = new URL(back).searchParams.get('code') ?? '';
  const { rows } = await database.query<{ line: string }>({
    text: 'select row_to_json(p)::text as line from pending_sign_ins p',
  });
  for (const { line } of rows) {
    expect(line).not.toMatch(/SMPRRA|Aurora/);
    expect(line).not.toContain(code);
  }
  const lines = await database.transaction((tx) =>
    readSignInLog(tx, 1, { from: '2026-01-01', to: '2027-01-01' }, null),
  );
  expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(
    new Set(['signed_in', 'expired', 'certificate_refused', 'no_codice_fiscale']),
  );
});
