import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import { type PartitaIva, parseCodiceFiscale, parsePartitaIva } from '@campanella/vocabulary';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { issueToken } from '../src/app/issue-token.ts';
import { addCompany, resetCompany, shutCompany } from '../src/app/manage-companies.ts';
import { signInCompany } from '../src/app/sign-in-company.ts';
import { ATTEMPTS_PER_ACCOUNT, ATTEMPTS_PER_ADDRESS } from '../src/domain/company-credentials.ts';
import type { SignInMethod } from '../src/domain/sign-in-method.ts';
import type { TokenClaims } from '../src/domain/token-claims.ts';
import { argon2Passwords } from '../src/passwords/argon2-passwords.ts';
import { attemptStore, companyStore } from '../src/store/company-store.ts';
import { codeHash, operatorStore, personStore } from '../src/store/person-store.ts';
import { signInStore } from '../src/store/sign-in-store.ts';

const cipher = openFieldCipher(randomBytes(32).toString('base64'));
const hash = codeHash(randomBytes(32));
const method: SignInMethod = { key: 'company', kind: 'company', label: 'Entra con LOGIN', municipalityIds: [1] };
let own: Awaited<ReturnType<typeof privateDatabase>>;
let database: Database;
let passwords: Awaited<ReturnType<typeof argon2Passwords>>;
let now = new Date('2026-11-23T08:00:00Z');

beforeAll(async () => {
  own = await privateDatabase({ migrations: fileURLToPath(new URL('../migrations', import.meta.url)) });
  const logger = createLogger({ service: 'identity', level: 'error' });
  database = openDatabase({ url: own.url, applicationName: 'identity-test' }, logger);
  await database.start();
  passwords = await argon2Passwords();
});
afterAll(async () => {
  await database.stop();
  await own.close();
});
beforeEach(() => {
  // A window of its own for each test.
  now = new Date(now.getTime() + 3_600_000);
});

const transaction: Database['transaction'] = (work) => database.transaction(work);
const persons = personStore(cipher, hash);
const deps = () => ({
  transaction,
  passwords,
  persons,
  companies: companyStore,
  attempts: attemptStore(hash),
  signIns: signInStore(cipher),
  methods: [method],
  clock: { now: () => now },
});

function partitaIva(text: string): PartitaIva {
  const parsed = parsePartitaIva(text);
  if (parsed === null) throw new RangeError(text);
  return parsed;
}

const COOPERATIVE = partitaIva('12345670017');

/** @returns its password */
async function company(code: PartitaIva, municipalityId = 1): Promise<string> {
  const added = await addCompany(deps(), { municipalityId, partitaIva: code, name: 'Cooperativa Esempio' });
  if (!added.ok) throw new Error(added.refusal.kind);
  return added.value.password;
}

async function attempt(username: string, password: string, more: { address?: string; municipalityId?: number } = {}) {
  const { address = '192.0.2.7', municipalityId = 1 } = more;
  const answer = await signInCompany(deps(), { municipalityId, username, password, sourceAddress: address });
  return answer.ok ? 'signed in' : answer.refusal.kind;
}

test('a company signs in with the password it was given, which is stored as an argon2id hash only', async () => {
  const password = await company(COOPERATIVE);
  expect(password).toMatch(/^[a-z2-9]{20}$/);
  expect(await attempt('IT 12345670017', password)).toBe('signed in');
  const { rows } = await database.query<{ password_hash: string }>({ text: 'select password_hash from companies' });
  expect(rows[0]?.password_hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$/);
  expect(rows[0]?.password_hash).not.toContain(password);
});

test('a wrong password, an unknown company, one of another municipality and a shut one get one answer', async () => {
  const shut = partitaIva('12345680016');
  const password = await company(shut);
  await shutCompany(deps(), { municipalityId: 1, partitaIva: shut });
  const elsewhere = partitaIva('12345690015');
  const passwordElsewhere = await company(elsewhere, 2);
  expect(await attempt(COOPERATIVE, 'wrong')).toBe('wrong_credentials');
  expect(await attempt('12345700012', 'wrong')).toBe('wrong_credentials');
  expect(await attempt('no partita iva at all', 'wrong')).toBe('wrong_credentials');
  expect(await attempt(elsewhere, passwordElsewhere)).toBe('wrong_credentials');
  expect(await attempt(elsewhere, passwordElsewhere, { municipalityId: 2 })).toBe('wrong_credentials');
  expect(await attempt(shut, password)).toBe('wrong_credentials');
});

test('an unknown account costs the same hashing as a known one', async () => {
  const verified: (string | null)[] = [];
  const watching = {
    ...deps(),
    passwords: {
      ...passwords,
      verify: (passwordHash: string | null, password: string) => {
        verified.push(passwordHash);
        return passwords.verify(passwordHash, password);
      },
    },
  };
  const command = { municipalityId: 1, password: 'wrong', sourceAddress: null };
  await signInCompany(watching, { ...command, username: COOPERATIVE });
  await signInCompany(watching, { ...command, username: '12345700012' });
  expect(verified).toEqual([expect.stringContaining('argon2id'), null]);
  const started = performance.now();
  expect(await passwords.verify(null, 'whatever')).toBe(false);
  // Not a measurement: a hash that was skipped would take microseconds.
  expect(performance.now() - started).toBeGreaterThan(5);
});

test('a natural person is refused by the shape of what was typed, whatever the password', async () => {
  expect(await attempt('SMPRRA86C54H501M', 'anything')).toBe('natural_person');
});

/** A password is slow to check on purpose: some tests do so dozens of times, on a machine that may be busy. */
const HASHING_MS = 60_000;

describe('guessing', () => {
  test(
    'at one account is stopped for everybody after some attempts, also when they come all at once, known or not',
    async () => {
      for (const username of [COOPERATIVE, partitaIva('12345710011')]) {
        const answers = await Promise.all(
          Array.from({ length: ATTEMPTS_PER_ACCOUNT + 5 }, (_item, index) =>
            attempt(username, 'guess', { address: `192.0.2.${index}` }),
          ),
        );
        expect(answers.filter((answer) => answer === 'wrong_credentials')).toHaveLength(ATTEMPTS_PER_ACCOUNT);
        expect(answers.filter((answer) => answer === 'too_many_attempts')).toHaveLength(5);
      }
    },
    HASHING_MS,
  );

  test(
    'is told when to come back, and then may',
    async () => {
      const account = partitaIva('12345720010');
      const password = await company(account);
      for (let index = 0; index < ATTEMPTS_PER_ACCOUNT; index += 1) await attempt(account, 'guess');
      const command = { municipalityId: 1, username: account, password, sourceAddress: null };
      const refused = await signInCompany(deps(), command);
      const retryAfterS = !refused.ok && refused.refusal.kind === 'too_many_attempts' ? refused.refusal.retryAfterS : 0;
      expect(retryAfterS).toBeGreaterThan(0);
      expect(retryAfterS).toBeLessThanOrEqual(900);
      now = new Date(now.getTime() + retryAfterS * 1000);
      expect(await attempt(account, password)).toBe('signed in');
    },
    HASHING_MS,
  );

  test(
    'from one address at many accounts (password spraying) is stopped, and other addresses are not',
    async () => {
      const answers: string[] = [];
      for (let index = 0; index < ATTEMPTS_PER_ADDRESS + 3; index += 1) {
        answers.push(await attempt(`somebody ${index}`, 'spring2026', { address: '198.51.100.9' }));
      }
      expect(answers.slice(-3)).toEqual(Array.from({ length: 3 }, () => 'too_many_attempts'));
      expect(await attempt('somebody else', 'spring2026', { address: '198.51.100.10' })).toBe('wrong_credentials');
    },
    HASHING_MS,
  );

  test(
    'that ends in the right password forgives the earlier failures',
    async () => {
      const account = partitaIva('12345730019');
      const password = await company(account);
      for (let round = 0; round < 3; round += 1) {
        for (let index = 0; index < ATTEMPTS_PER_ACCOUNT - 1; index += 1)
          await attempt(account, 'guess', { address: `203.0.113.${round}` });
        expect(await attempt(account, password, { address: `203.0.113.${round}` })).toBe('signed in');
      }
    },
    HASHING_MS,
  );
});

test('a reset gives a new password, ends the old one, opens a shut account and forgives its failures', async () => {
  const account = partitaIva('12345740018');
  const old = await company(account);
  await shutCompany(deps(), { municipalityId: 1, partitaIva: account });
  for (let index = 0; index < ATTEMPTS_PER_ACCOUNT; index += 1) await attempt(account, 'guess');
  const reset = await resetCompany(deps(), { municipalityId: 1, partitaIva: account });
  if (!reset.ok) throw new Error('unknown');
  expect(await attempt(account, old)).toBe('wrong_credentials');
  expect(await attempt(account, reset.value.password)).toBe('signed in');
  expect(await addCompany(deps(), { municipalityId: 1, partitaIva: account, name: 'again' })).toMatchObject({
    ok: false,
  });
});

test('every attempt leaves a line in the log, without what was typed', async () => {
  const { rows } = await database.query<{ line: string; outcome: string }>({
    text: "select outcome, row_to_json(l)::text as line from sign_in_log l where provider = 'company'",
  });
  const outcomes = new Set(rows.map(({ outcome }) => outcome));
  expect([...outcomes].sort()).toEqual(['natural_person', 'signed_in', 'too_many_attempts', 'wrong_credentials']);
  for (const { line } of rows) expect(line).not.toMatch(/12345|guess|spring|SMPRRA/);
});

describe('the internal token', () => {
  const signed: TokenClaims[] = [];
  const asked: string[] = [];
  const tokenDeps = () => ({
    ...deps(),
    tokens: {
      sign: async (claims: TokenClaims) => {
        signed.push(claims);
        return 'token';
      },
    },
    guardians: {
      pupilsOf: async (_municipalityId: number, codiceFiscale: string) => {
        asked.push(codiceFiscale);
        return ['0190f5fe-0000-7000-8000-000000000001'];
      },
    },
  });

  test('of a company names no pupil, and anagrafica is not even asked', async () => {
    const who = { kind: 'company', fiscalCode: COOPERATIVE } as const;
    const personId = await transaction((tx) => persons.recognise(tx, 1, who, now));
    const issued = await issueToken(tokenDeps(), { municipalityId: 1, personId });
    expect(issued).toMatchObject({ ok: true, value: { hasPupils: false, role: 'guardian' } });
    expect(asked).toEqual([]);
  });

  test('of a person whose provisional codice fiscale is written like a partita IVA is another one than the company', async () => {
    const [one, other] = await Promise.all(
      (['company', 'citizen'] as const).map((kind) =>
        transaction((tx) => persons.recognise(tx, 1, { kind, fiscalCode: COOPERATIVE }, now)),
      ),
    );
    expect(one).not.toBe(other);
  });

  test('carries the role that was granted, beside the pupils, and no longer when it is withdrawn', async () => {
    const codiceFiscale = parseCodiceFiscale('SMPRRA86C54H501M');
    if (codiceFiscale === null) throw new Error('no codice fiscale');
    const who = { kind: 'citizen', fiscalCode: codiceFiscale } as const;
    const store = operatorStore(hash);
    await transaction((tx) => store.grant(tx, 1, codiceFiscale, 'office', now));
    const personId = await transaction((tx) => persons.recognise(tx, 1, who, now));
    const role = async (municipalityId: number, id: string) => {
      const issued = await issueToken(tokenDeps(), { municipalityId, personId: id });
      return issued.ok ? issued.value.role : issued.refusal.kind;
    };
    expect(await role(1, personId)).toBe('office');
    expect(signed.at(-1)).toMatchObject({ role: 'office', pupilIds: ['0190f5fe-0000-7000-8000-000000000001'] });
    const elsewhere = await transaction((tx) => persons.recognise(tx, 2, who, now));
    expect(await role(2, elsewhere)).toBe('guardian');
    expect(await transaction((tx) => store.withdraw(tx, 1, codiceFiscale))).toBe(true);
    expect(await role(1, personId)).toBe('guardian');
  });
});
