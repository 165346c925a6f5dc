import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { importJWK, jwtVerify } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { openKeyRing } from '../src/app/key-ring.ts';
import type { PendingSignIn } from '../src/app/ports.ts';
import { purgeSignIns } from '../src/app/purge-sign-ins.ts';
import { tokenClaims } from '../src/domain/token-claims.ts';
import { makeSigningKey, tokenSigner } from '../src/keys/json-web-keys.ts';
import { keyStore } from '../src/store/key-store.ts';
import { codeHash, personStore } from '../src/store/person-store.ts';
import { signInStore } from '../src/store/sign-in-store.ts';

const CODICE_FISCALE = 'SMPRRA86C54H501M';
const citizen = { kind: 'citizen', fiscalCode: CODICE_FISCALE } as const;
const DAY_MS = 86_400_000;
const cipher = openFieldCipher(randomBytes(32).toString('base64'));
const logger = createLogger({ service: 'identity', level: 'error' });
let private_: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;

beforeAll(async () => {
  private_ = await privateDatabase({ migrations: fileURLToPath(new URL('../migrations', import.meta.url)) });
  database = openDatabase({ url: private_.url, applicationName: 'identity-test' }, logger);
  await database.start();
});
afterAll(async () => {
  await database.stop();
  await private_.close();
});

const transaction: Database['transaction'] = (work) => database.transaction(work);

function ringAt(now: () => Date) {
  return openKeyRing({ transaction, keys: keyStore(cipher), makeKey: makeSigningKey, clock: { now } });
}

test('two replicas that start at once share one set of keys, which the next month uses and publishes in turn', async () => {
  let now = new Date('2026-11-23T08:00:00Z');
  const [one, other] = [ringAt(() => now), ringAt(() => now)];
  await Promise.all([one.refresh(), other.refresh()]);
  expect(one.published('token').map(({ kid }) => kid)).toEqual(other.published('token').map(({ kid }) => kid));
  expect(one.published('token')).toHaveLength(2);
  const [first, next] = one.published('token');

  now = new Date(now.getTime() + 30 * DAY_MS);
  expect(one.inUse('token').kid).toBe(next?.kid);
  await other.refresh();
  expect(other.published('token').map(({ kid }) => kid)).toEqual([first?.kid, next?.kid, expect.any(String)]);

  now = new Date(now.getTime() + 2 * 3_600_000);
  await one.refresh();
  expect(one.published('token').map(({ kid }) => kid)).not.toContain(first?.kid);
});

test('a token is verified with the published key of its kid, and no private part is published or stored in clear', async () => {
  const now = new Date();
  const ring = ringAt(() => now);
  await ring.refresh();
  const person = { personId: uuidv7(), municipalityId: 1, role: 'guardian' } as const;
  const token = await tokenSigner(ring).sign(tokenClaims(person, ['b', 'a', 'a'], now));
  const key = ring.published('token').find(({ kid }) => kid === ring.inUse('token').kid);
  const { payload, protectedHeader } = await jwtVerify(token, await importJWK({ ...key?.publicJwk }, 'EdDSA'));
  expect(protectedHeader.kid).toBe(key?.kid);
  expect(payload).toMatchObject({ sub: person.personId, municipality_id: 1, role: 'guardian', pupil_ids: ['a', 'b'] });
  for (const { publicJwk } of [...ring.published('token'), ...ring.published('client')]) {
    expect(Object.keys(publicJwk)).not.toContain('d');
  }
  const { rows } = await database.query<{ private_jwk_sealed: string }>({
    text: 'select private_jwk_sealed from signing_keys',
  });
  for (const row of rows) expect(row.private_jwk_sealed).toMatch(/^f1\./);
});

test('a person who signs in twenty times at once is one person, and another one in another municipality', async () => {
  const persons = personStore(cipher, codeHash(randomBytes(32)));
  const recognise = (municipalityId: number) =>
    transaction((tx) => persons.recognise(tx, municipalityId, citizen, new Date()));
  const ids = new Set(await Promise.all(Array.from({ length: 20 }, () => recognise(1))));
  expect(ids.size).toBe(1);
  expect(ids).not.toContain(await recognise(2));
  const [personId = ''] = ids;
  expect(await transaction((tx) => persons.find(tx, 1, personId))).toEqual({ ...citizen, role: null });
  expect(await transaction((tx) => persons.find(tx, 2, personId))).toBeNull();
});

test('no table holds a codice fiscale, a state or a verifier in clear', async () => {
  const persons = personStore(cipher, codeHash(randomBytes(32)));
  await transaction((tx) => persons.recognise(tx, 1, citizen, new Date()));
  const pending = pendingSignIn(new Date(Date.now() + DAY_MS));
  await transaction((tx) => signInStore(cipher).addPending(tx, 'the-state', pending));
  for (const table of ['persons', 'pending_sign_ins', 'sign_ins', 'sign_in_log']) {
    const { rows } = await database.query<{ line: string }>({
      text: `select row_to_json(t)::text as line from ${table} t`,
    });
    for (const { line } of rows) expect(line).not.toMatch(/SMPRRA|the-state|the-verifier|the-nonce/);
  }
});

test('a sign-in that never came back is logged as abandoned, once', async () => {
  const store = signInStore(cipher);
  const pending = pendingSignIn(new Date('2026-01-01T00:00:00Z'));
  await transaction((tx) => store.addPending(tx, 'abandoned-state', pending));
  const deps = { transaction, signIns: store, clock: { now: () => new Date('2026-01-01T00:01:00Z') } };
  await Promise.all([purgeSignIns(deps), purgeSignIns(deps)]);
  const { rows } = await database.query({
    text: 'select outcome, provider, person_id from sign_in_log where sign_in_id = $1',
    values: [pending.signInId],
  });
  expect(rows).toEqual([{ outcome: 'abandoned', provider: 'spid', person_id: null }]);
  expect(await transaction((tx) => store.takePending(tx, 1, 'abandoned-state'))).toBeNull();
});

test('the sign-in log is never edited, and is kept 24 months', async () => {
  const store = signInStore(cipher);
  const ids = { signInId: null, personId: null, requestId: null, responseId: null, sourceAddress: null };
  const entry = { ...ids, municipalityId: 9, provider: null, issuer: null, errorCode: null, acr: null };
  for (const occurredAt of [new Date('2024-11-22T00:00:00Z'), new Date('2024-11-24T00:00:00Z')]) {
    await transaction((tx) => store.log(tx, { ...entry, outcome: 'expired', occurredAt }));
  }
  await expect(database.query({ text: "update sign_in_log set outcome = 'signed_in'" })).rejects.toThrow(
    'never edited',
  );
  await purgeSignIns({ transaction, signIns: store, clock: { now: () => new Date('2026-11-23T00:00:00Z') } });
  const { rows } = await database.query({ text: 'select occurred_at from sign_in_log where municipality_id = 9' });
  expect(rows).toEqual([{ occurred_at: new Date('2024-11-24T00:00:00Z') }]);
});

function pendingSignIn(expiresAt: Date): PendingSignIn {
  return {
    municipalityId: 1,
    signInId: uuidv7(),
    provider: 'spid',
    issuer: 'https://idp.example',
    requestId: null,
    redirectUri: 'https://servizi.vallefinta.example/login/callback',
    nonce: 'the-nonce',
    codeVerifier: 'the-verifier',
    expiresAt,
  };
}
