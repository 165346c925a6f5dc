import type { Transaction } from '@campanella/postgres';
import { type KeyPolicy, type KeyTimes, keyInUse, planKeys } from '../domain/key-plan.ts';
import type { Clock, Transactions } from './ports.ts';

/**
 * `token` signs the internal identity token, `client` our requests and assertions to the identity providers, `federation` what we say of
 * ourselves in the federations; `encryption` opens what providers tell us.
 */
export type KeyPurpose = 'token' | 'client' | 'federation' | 'encryption';

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

const DAY_MS = 24 * HOUR_MS;

/**
 * How long each is used. A successor is published as soon as a key is in use, at the worst `leadMs` before its time. What the providers
 * know of us they may believe for a day (our entity configuration's life), so their keys have longer lead and overlap than the token's,
 * whose signatures are valid 5 minutes. A federation key has to be taken over by our superiors first, which may take people.
 */
export const KEY_POLICIES: Readonly<Record<KeyPurpose, KeyPolicy>> = {
  token: { lifetimeMs: 30 * DAY_MS, leadMs: DAY_MS, overlapMs: HOUR_MS },
  client: { lifetimeMs: 90 * DAY_MS, leadMs: 3 * DAY_MS, overlapMs: 3 * DAY_MS },
  federation: { lifetimeMs: 365 * DAY_MS, leadMs: 30 * DAY_MS, overlapMs: 60 * DAY_MS },
  encryption: { lifetimeMs: 90 * DAY_MS, leadMs: 3 * DAY_MS, overlapMs: 3 * DAY_MS },
};

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

const PURPOSES: readonly KeyPurpose[] = ['token', 'client', 'federation', 'encryption'];

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
    const plan = planKeys(keys, deps.clock.now(), KEY_POLICIES[purpose]);
    for (const kid of plan.drop) await deps.keys.remove(tx, purpose, kid);
    const made = await Promise.all(plan.makeActiveFrom.map((activeFrom) => deps.makeKey(purpose, activeFrom)));
    for (const key of made) await deps.keys.add(tx, key);
    result.push(...keys.filter((key) => !plan.drop.includes(key.kid)), ...made);
  }
  return result;
}
