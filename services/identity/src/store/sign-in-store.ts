import type { FieldCipher } from '@campanella/field-encryption';
import type { Transaction } from '@campanella/postgres';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { stateHash } from '../app/begin-sign-in.ts';
import type { CompletedSignIn, PendingSignIn, SignInStore } from '../app/ports.ts';

const Secrets = z.object({ nonce: z.string(), codeVerifier: z.string() });

interface PendingRow {
  readonly sign_in_id: string;
  readonly provider: string;
  readonly redirect_uri: string;
  readonly secrets_sealed: string;
  readonly expires_at: Date;
}

interface SignInRow {
  readonly person_id: string;
  readonly provider: string;
  readonly id_token_sealed: string;
  readonly signed_in_at: Date;
}

/** Most rows removed in one go: the purge runs every minute and must not hold locks for long. */
const PURGE_ROWS_MAX = 5_000;

/** The tables pending_sign_ins, sign_ins and sign_in_log. */
export function signInStore(cipher: FieldCipher): SignInStore {
  return {
    addPending: (tx, state, pending) => addPending(tx, cipher, state, pending),
    takePending: (tx, municipalityId, state) => takePending(tx, cipher, municipalityId, state),
    add: (tx, signIn) => add(tx, cipher, signIn),
    take: (tx, municipalityId, signInId) => take(tx, cipher, municipalityId, signInId),
    log: async (tx, entry) => {
      await tx.query({
        name: 'log_sign_in',
        text: `insert into sign_in_log
                 (municipality_id, entry_id, sign_in_id, provider, outcome, error_code, acr, person_id, occurred_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        values: [
          entry.municipalityId,
          uuidv7(),
          entry.signInId,
          entry.provider,
          entry.outcome,
          entry.errorCode,
          entry.acr,
          entry.personId,
          entry.occurredAt,
        ],
      });
    },
    purge,
  };
}

async function addPending(tx: Transaction, cipher: FieldCipher, state: string, pending: PendingSignIn): Promise<void> {
  const { municipalityId, signInId, nonce, codeVerifier } = pending;
  await tx.query({
    name: 'add_pending_sign_in',
    text: `insert into pending_sign_ins
             (municipality_id, state_hash, sign_in_id, provider, redirect_uri, secrets_sealed, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      municipalityId,
      stateHash(state),
      signInId,
      pending.provider,
      pending.redirectUri,
      cipher.encrypt(JSON.stringify({ nonce, codeVerifier }), `pending_sign_ins/${municipalityId}/${signInId}`),
      pending.expiresAt,
    ],
  });
}

async function takePending(
  tx: Transaction,
  cipher: FieldCipher,
  municipalityId: number,
  state: string,
): Promise<PendingSignIn | null> {
  const { rows } = await tx.query<PendingRow>({
    name: 'take_pending_sign_in',
    text: `delete from pending_sign_ins where municipality_id = $1 and state_hash = $2
           returning sign_in_id, provider, redirect_uri, secrets_sealed, expires_at`,
    values: [municipalityId, stateHash(state)],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const opened = cipher.decrypt(row.secrets_sealed, `pending_sign_ins/${municipalityId}/${row.sign_in_id}`);
  return {
    municipalityId,
    signInId: row.sign_in_id,
    provider: row.provider,
    redirectUri: row.redirect_uri,
    expiresAt: row.expires_at,
    ...Secrets.parse(JSON.parse(opened)),
  };
}

async function add(tx: Transaction, cipher: FieldCipher, signIn: CompletedSignIn): Promise<void> {
  const { municipalityId, signInId } = signIn;
  await tx.query({
    name: 'add_sign_in',
    text: `insert into sign_ins (municipality_id, sign_in_id, person_id, provider, id_token_sealed, signed_in_at)
           values ($1, $2, $3, $4, $5, $6)`,
    values: [
      municipalityId,
      signInId,
      signIn.personId,
      signIn.provider,
      cipher.encrypt(signIn.idToken, `sign_ins.id_token/${municipalityId}/${signInId}`),
      signIn.signedInAt,
    ],
  });
}

async function take(
  tx: Transaction,
  cipher: FieldCipher,
  municipalityId: number,
  signInId: string,
): Promise<CompletedSignIn | null> {
  const { rows } = await tx.query<SignInRow>({
    name: 'take_sign_in',
    text: `delete from sign_ins where municipality_id = $1 and sign_in_id = $2
           returning person_id, provider, id_token_sealed, signed_in_at`,
    values: [municipalityId, signInId],
  });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    municipalityId,
    signInId,
    personId: row.person_id,
    provider: row.provider,
    idToken: cipher.decrypt(row.id_token_sealed, `sign_ins.id_token/${municipalityId}/${signInId}`),
    signedInAt: row.signed_in_at,
  };
}

async function purge(
  tx: Transaction,
  limits: { now: Date; signedInBefore: Date; loggedBefore: Date },
): Promise<number> {
  // skip locked: two replicas purge side by side, and neither waits for a sign-in that is just being finished.
  const abandoned = await tx.query({
    name: 'purge_pending_sign_ins',
    text: `with gone as (
             delete from pending_sign_ins where (municipality_id, state_hash) in (
               select municipality_id, state_hash from pending_sign_ins where expires_at < $1 limit $2 for update skip locked)
             returning municipality_id, sign_in_id, provider)
           insert into sign_in_log (municipality_id, entry_id, sign_in_id, provider, outcome, occurred_at)
           select municipality_id, gen_random_uuid(), sign_in_id, provider, 'abandoned', $1 from gone`,
    values: [limits.now, PURGE_ROWS_MAX],
  });
  const ended = await tx.query({
    name: 'purge_sign_ins',
    text: `delete from sign_ins where (municipality_id, sign_in_id) in (
             select municipality_id, sign_in_id from sign_ins where signed_in_at < $1 limit $2 for update skip locked)`,
    values: [limits.signedInBefore, PURGE_ROWS_MAX],
  });
  const logged = await tx.query({
    name: 'purge_sign_in_log',
    text: `delete from sign_in_log where (municipality_id, entry_id) in (
             select municipality_id, entry_id from sign_in_log where occurred_at < $1 limit $2 for update skip locked)`,
    values: [limits.loggedBefore, PURGE_ROWS_MAX],
  });
  return abandoned.rowCount + ended.rowCount + logged.rowCount;
}
