import type { Transaction } from '@campanella/postgres';
import { type KeyPolicy, type KeyTimes, keyInUse, planKeys } from '../domain/key-plan.ts';
import type { Clock, Transactions } from './ports.ts';

/** `token` signs the internal identity token, `client` our assertions to the identity providers. */
export type KeyPurpose = 'token' | 'client';

/** A key pair in JSON Web Key form (RFC 7517). */
export interface SigningKey extends KeyTimes {
  readonly purpose: KeyPurpose;
  readonly alg: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly privateJwk: Readonly<Record<string, unknown>>;
}

/** Keeps the keys that all replicas share. */
export interface KeyStore {
  /** Makes every other caller wait until the transaction ends, so that two replicas do not both make a key. */
  lock(tx: Transaction): Promise<void>;
  list(tx: Transaction, purpose: KeyPurpose): Promise<SigningKey[]>;
  add(tx: Transaction, key: SigningKey): Promise<void>;
  remove(tx: Transaction, purpose: KeyPurpose, kid: string): Promise<void>;
}

/** Makes a new key pair. */
export type MakeKey = (purpose: KeyPurpose, activeFrom: Date) => Promise<SigningKey>;

const HOUR_MS = 60 * 60 * 1000;

/** A month of use; the next key is published a month before, at the worst a day; overlap far above 5 minutes of token life. */
export const KEY_POLICY: KeyPolicy = { lifetimeMs: 30 * 24 * HOUR_MS, leadMs: 24 * HOUR_MS, overlapMs: HOUR_MS };

/** What the ring needs. */
export interface KeyRingDeps extends Transactions {
  readonly keys: KeyStore;
  readonly makeKey: MakeKey;
  readonly clock: Clock;
}

/** The keys, in memory, as of the last refresh. */
export interface KeyRing {
  /** Rotates what is due and reads the keys again. @throws when the store cannot be reached; the keys in memory stay */
  refresh(): Promise<void>;
  /** The key to sign with now. @throws before the first refresh */
  inUse(purpose: KeyPurpose): SigningKey;
  /** All keys a verifier may meet, the next one included. */
  published(purpose: KeyPurpose): readonly SigningKey[];
}

const PURPOSES: readonly KeyPurpose[] = ['token', 'client'];

/** Opens the ring. It holds no key until {@link KeyRing.refresh} has been called. */
export function openKeyRing(deps: KeyRingDeps): KeyRing {
  let held: readonly SigningKey[] = [];
  const published = (purpose: KeyPurpose) => held.filter((key) => key.purpose === purpose);
  return {
    refresh: async () => {
      held = await deps.transaction((tx) => rotate(deps, tx));
    },
    inUse: (purpose) => {
      const key = keyInUse(published(purpose), deps.clock.now());
      if (key === null) throw new Error(`there is no ${purpose} key yet: the key ring was not refreshed`);
      return key;
    },
    published,
  };
}

async function rotate(deps: KeyRingDeps, tx: Transaction): Promise<SigningKey[]> {
  await deps.keys.lock(tx);
  const result: SigningKey[] = [];
  for (const purpose of PURPOSES) {
    const keys = await deps.keys.list(tx, purpose);
    const plan = planKeys(keys, deps.clock.now(), KEY_POLICY);
    for (const kid of plan.drop) await deps.keys.remove(tx, purpose, kid);
    const made: SigningKey[] = [];
    for (const activeFrom of plan.makeActiveFrom) made.push(await deps.makeKey(purpose, activeFrom));
    for (const key of made) await deps.keys.add(tx, key);
    result.push(...keys.filter((key) => !plan.drop.includes(key.kid)), ...made);
  }
  return result;
}
