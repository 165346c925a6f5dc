import type { FieldCipher } from '@campanella/field-encryption';
import { z } from 'zod';
import type { KeyPurpose, KeyStore } from '../app/key-ring.ts';

/** Any fixed number: names the lock of key rotation in pg_advisory_xact_lock. */
const ROTATION_LOCK = 6_031_977;

const Jwk = z.record(z.string(), z.unknown());

interface KeyRow {
  readonly kid: string;
  readonly alg: string;
  readonly public_jwk: unknown;
  readonly private_jwk_sealed: string;
  readonly active_from: Date;
}

/** The table signing_keys; private keys are sealed. */
export function keyStore(cipher: FieldCipher): KeyStore {
  const context = (purpose: KeyPurpose, kid: string) => `signing_keys.private_jwk/${purpose}/${kid}`;
  return {
    lock: async (tx) => {
      await tx.query({ name: 'lock_keys', text: 'select pg_advisory_xact_lock($1)', values: [ROTATION_LOCK] });
    },
    list: async (tx, purpose) => {
      const { rows } = await tx.query<KeyRow>({
        name: 'list_keys',
        text: `select kid, alg, public_jwk, private_jwk_sealed, active_from from signing_keys
               where purpose = $1 order by active_from`,
        values: [purpose],
      });
      return rows.map((row) => ({
        purpose,
        kid: row.kid,
        alg: row.alg,
        publicJwk: Jwk.parse(row.public_jwk),
        privateJwk: Jwk.parse(JSON.parse(cipher.decrypt(row.private_jwk_sealed, context(purpose, row.kid)))),
        activeFrom: row.active_from,
      }));
    },
    add: async (tx, key) => {
      const sealed = cipher.encrypt(JSON.stringify(key.privateJwk), context(key.purpose, key.kid));
      await tx.query({
        name: 'add_key',
        text: `insert into signing_keys (purpose, kid, alg, public_jwk, private_jwk_sealed, active_from)
               values ($1, $2, $3, $4, $5, $6)`,
        values: [key.purpose, key.kid, key.alg, JSON.stringify(key.publicJwk), sealed, key.activeFrom],
      });
    },
    remove: async (tx, purpose, kid) => {
      await tx.query({
        name: 'remove_key',
        text: 'delete from signing_keys where purpose = $1 and kid = $2',
        values: [purpose, kid],
      });
    },
  };
}
