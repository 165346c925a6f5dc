import type { FieldCipher } from '@campanella/field-encryption';
import type { Transaction } from '@campanella/postgres';
import { type CodiceFiscale, parseCodiceFiscale } from '@campanella/vocabulary';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { secretHash } from '../app/begin-sign-in.ts';
import type {
  CompletedSignIn,
  PendingSignIn,
  Presented,
  ProviderTokens,
  SignInLogEntry,
  SignInMessage,
  SignInStore,
  TakenSignIn,
} from '../app/ports.ts';

const Secrets = z.object({ nonce: z.string(), codeVerifier: z.string() });
const codiceFiscale = z.string().transform((text, context): CodiceFiscale => {
  const parsed = parseCodiceFiscale(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'must be a codice fiscale' });
  return z.NEVER;
});
const Card: z.ZodType<Presented> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('citizen'), codiceFiscale, displayName: z.string() }),
  z.object({
    kind: z.literal('refused'),
    refusal: z.enum(['no_certificate', 'untrusted', 'revoked', 'expired', 'not_for_sign_in', 'no_codice_fiscale']),
  }),
]);

interface PendingRow {
  readonly sign_in_id: string;
  readonly provider: string;
  readonly issuer: string | null;
  readonly request_id: string | null;
  readonly redirect_uri: string;
  readonly secrets_sealed: string;
  readonly presented_sealed: string | null;
  readonly code_hash: Buffer | null;
  readonly expires_at: Date;
}

interface SignInRow {
  readonly sign_in_id: string;
  readonly person_id: string;
  readonly provider: string;
  readonly issuer: string | null;
  readonly id_token_sealed: string | null;
  readonly access_token_sealed: string | null;
  readonly access_token_expires_at: Date | null;
  readonly signed_in_at: Date;
}

/** Most rows removed in one go: the purge runs every minute and must not hold locks for long. */
const PURGE_ROWS_MAX = 5_000;

/** The tables pending_sign_ins, sign_ins, sign_in_log and sign_in_messages. */
export function signInStore(cipher: FieldCipher): SignInStore {
  return {
    addPending: (tx, state, pending) => addPending(tx, cipher, state, pending),
    takePending: (tx, municipalityId, state) => takePending(tx, cipher, municipalityId, state),
    present: (tx, shown) => present(tx, cipher, shown),
    add: (tx, signIn) => add(tx, cipher, signIn),
    take: (tx, municipalityId, signInId) => take(tx, cipher, municipalityId, signInId),
    takeAllOf: (tx, municipalityId, personId) => takeAllOf(tx, cipher, municipalityId, personId),
    log,
    keepMessages: (tx, signIn, messages) => keepMessages(tx, cipher, signIn, messages),
    purge,
  };
}

const secretsContext = (municipalityId: number, signInId: string) => `pending_sign_ins/${municipalityId}/${signInId}`;
const cardContext = (municipalityId: number, state: string) =>
  `pending_sign_ins.presented/${municipalityId}/${secretHash(state).toString('hex')}`;

async function addPending(tx: Transaction, cipher: FieldCipher, state: string, pending: PendingSignIn): Promise<void> {
  const { municipalityId, signInId, nonce, codeVerifier } = pending;
  await tx.query({
    name: 'add_pending_sign_in',
    text: `insert into pending_sign_ins
             (municipality_id, state_hash, sign_in_id, provider, issuer, request_id, redirect_uri, secrets_sealed, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      municipalityId,
      secretHash(state),
      signInId,
      pending.provider,
      pending.issuer,
      pending.requestId,
      pending.redirectUri,
      cipher.encrypt(JSON.stringify({ nonce, codeVerifier }), secretsContext(municipalityId, signInId)),
      pending.expiresAt,
    ],
  });
}

async function takePending(
  tx: Transaction,
  cipher: FieldCipher,
  municipalityId: number,
  state: string,
): Promise<TakenSignIn | null> {
  const { rows } = await tx.query<PendingRow>({
    name: 'take_pending_sign_in',
    text: `delete from pending_sign_ins where municipality_id = $1 and state_hash = $2
           returning sign_in_id, provider, issuer, request_id, redirect_uri, secrets_sealed, presented_sealed, code_hash, expires_at`,
    values: [municipalityId, secretHash(state)],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const opened = cipher.decrypt(row.secrets_sealed, secretsContext(municipalityId, row.sign_in_id));
  return {
    municipalityId,
    signInId: row.sign_in_id,
    provider: row.provider,
    issuer: row.issuer,
    requestId: row.request_id,
    redirectUri: row.redirect_uri,
    expiresAt: row.expires_at,
    ...Secrets.parse(JSON.parse(opened)),
    presented:
      row.presented_sealed === null || row.code_hash === null
        ? null
        : {
            card: Card.parse(JSON.parse(cipher.decrypt(row.presented_sealed, cardContext(municipalityId, state)))),
            codeHash: row.code_hash,
          },
  };
}

async function present(
  tx: Transaction,
  cipher: FieldCipher,
  { municipalityId, state, providers, card, codeHash, now }: Parameters<SignInStore['present']>[1],
): Promise<string | null> {
  const { rows } = await tx.query<{ redirect_uri: string }>({
    name: 'present_card',
    text: `update pending_sign_ins set presented_sealed = $3, code_hash = $4
           where municipality_id = $1 and state_hash = $2 and presented_sealed is null and expires_at > $5
             and provider = any($6)
           returning redirect_uri`,
    values: [
      municipalityId,
      secretHash(state),
      cipher.encrypt(JSON.stringify(card), cardContext(municipalityId, state)),
      codeHash,
      now,
      providers,
    ],
  });
  return rows[0]?.redirect_uri ?? null;
}

const tokenContext = (kind: 'id_token' | 'access_token', municipalityId: number, signInId: string) =>
  `sign_ins.${kind}/${municipalityId}/${signInId}`;

async function add(tx: Transaction, cipher: FieldCipher, signIn: CompletedSignIn): Promise<void> {
  const { municipalityId, signInId, tokens } = signIn;
  const sealed = (kind: 'id_token' | 'access_token', token: string | undefined) =>
    token === undefined ? null : cipher.encrypt(token, tokenContext(kind, municipalityId, signInId));
  await tx.query({
    name: 'add_sign_in',
    text: `insert into sign_ins (municipality_id, sign_in_id, person_id, provider, issuer, id_token_sealed, access_token_sealed,
                                 access_token_expires_at, signed_in_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      municipalityId,
      signInId,
      signIn.personId,
      signIn.provider,
      signIn.issuer,
      sealed('id_token', tokens?.idToken),
      sealed('access_token', tokens?.accessToken),
      tokens?.accessTokenExpiresAt ?? null,
      signIn.signedInAt,
    ],
  });
}

const SIGN_IN_COLUMNS =
  'sign_in_id, person_id, provider, issuer, id_token_sealed, access_token_sealed, access_token_expires_at, signed_in_at';

async function take(
  tx: Transaction,
  cipher: FieldCipher,
  municipalityId: number,
  signInId: string,
): Promise<CompletedSignIn | null> {
  const { rows } = await tx.query<SignInRow>({
    name: 'take_sign_in',
    text: `delete from sign_ins where municipality_id = $1 and sign_in_id = $2 returning ${SIGN_IN_COLUMNS}`,
    values: [municipalityId, signInId],
  });
  const [row] = rows;
  return row === undefined ? null : toSignIn(cipher, municipalityId, row);
}

async function takeAllOf(
  tx: Transaction,
  cipher: FieldCipher,
  municipalityId: number,
  personId: string,
): Promise<readonly CompletedSignIn[]> {
  const { rows } = await tx.query<SignInRow>({
    name: 'take_sign_ins_of_person',
    text: `delete from sign_ins where municipality_id = $1 and person_id = $2 returning ${SIGN_IN_COLUMNS}`,
    values: [municipalityId, personId],
  });
  return rows.map((row) => toSignIn(cipher, municipalityId, row));
}

function toSignIn(cipher: FieldCipher, municipalityId: number, row: SignInRow): CompletedSignIn {
  const { sign_in_id: signInId, provider, issuer, person_id: personId, signed_in_at: signedInAt } = row;
  return {
    municipalityId,
    signInId,
    personId,
    provider,
    issuer,
    tokens: toTokens(cipher, municipalityId, row),
    signedInAt,
  };
}

function toTokens(cipher: FieldCipher, municipalityId: number, row: SignInRow): ProviderTokens | null {
  const { id_token_sealed: idToken, access_token_sealed: accessToken, access_token_expires_at: expiresAt } = row;
  if (idToken === null || accessToken === null || expiresAt === null) return null;
  return {
    idToken: cipher.decrypt(idToken, tokenContext('id_token', municipalityId, row.sign_in_id)),
    accessToken: cipher.decrypt(accessToken, tokenContext('access_token', municipalityId, row.sign_in_id)),
    accessTokenExpiresAt: expiresAt,
  };
}

async function log(tx: Transaction, entry: SignInLogEntry): Promise<void> {
  await tx.query({
    name: 'log_sign_in',
    text: `insert into sign_in_log (municipality_id, entry_id, sign_in_id, provider, issuer, outcome, error_code, acr,
                                    request_id, response_id, person_id, source_address, occurred_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    values: [
      entry.municipalityId,
      uuidv7(),
      entry.signInId,
      entry.provider,
      entry.issuer,
      entry.outcome,
      entry.errorCode,
      entry.acr,
      entry.requestId,
      entry.responseId,
      entry.personId,
      entry.sourceAddress,
      entry.occurredAt,
    ],
  });
}

async function keepMessages(
  tx: Transaction,
  cipher: FieldCipher,
  { municipalityId, signInId }: { readonly municipalityId: number; readonly signInId: string },
  messages: readonly SignInMessage[],
): Promise<void> {
  for (const { kind, text, occurredAt } of messages) {
    const messageId = uuidv7();
    const kept = kind === 'trust_chain' ? await keepTrustChain(tx, municipalityId, text, occurredAt) : text;
    const sealed = cipher.encrypt(kept, messageContext(municipalityId, messageId));
    await tx.query({
      name: 'keep_sign_in_message',
      text: `insert into sign_in_messages (municipality_id, message_id, sign_in_id, kind, message_sealed, occurred_at)
             values ($1, $2, $3, $4, $5, $6)`,
      values: [municipalityId, messageId, signInId, kind, sealed, occurredAt],
    });
  }
}

/** @param statements the chain's statements as a JSON list @returns the hash that names it */
async function keepTrustChain(tx: Transaction, municipalityId: number, statements: string, now: Date): Promise<string> {
  const hash = secretHash(statements);
  // Touched once a day at the most: every sign-in of a provider uses the same row.
  await tx.query({
    name: 'keep_trust_chain',
    text: `insert into trust_chains as t (municipality_id, chain_hash, statements, last_used_at) values ($1, $2, $3, $4)
           on conflict (municipality_id, chain_hash) do update set last_used_at = excluded.last_used_at
             where t.last_used_at < excluded.last_used_at - interval '1 day'`,
    values: [municipalityId, hash, statements, now],
  });
  return hash.toString('hex');
}

/** Where a message lives, for the cipher. */
function messageContext(municipalityId: number, messageId: string): string {
  return `sign_in_messages.message/${municipalityId}/${messageId}`;
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
             returning municipality_id, sign_in_id, provider, issuer)
           insert into sign_in_log (municipality_id, entry_id, sign_in_id, provider, issuer, outcome, occurred_at)
           select municipality_id, gen_random_uuid(), sign_in_id, provider, issuer, 'abandoned', $1 from gone`,
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
  const told = await tx.query({
    name: 'purge_sign_in_messages',
    text: `delete from sign_in_messages where (municipality_id, message_id) in (
             select municipality_id, message_id from sign_in_messages where occurred_at < $1 limit $2 for update skip locked)`,
    values: [limits.loggedBefore, PURGE_ROWS_MAX],
  });
  const chained = await tx.query({
    name: 'purge_trust_chains',
    text: `delete from trust_chains where (municipality_id, chain_hash) in (
             select municipality_id, chain_hash from trust_chains where last_used_at < $1::timestamptz - interval '2 days'
             limit $2 for update skip locked)`,
    values: [limits.loggedBefore, PURGE_ROWS_MAX],
  });
  const counted = await tx.query({
    name: 'purge_login_attempts',
    text: `delete from login_attempts where (municipality_id, key_hash) in (
             select municipality_id, key_hash from login_attempts where window_ends_at < $1 limit $2 for update skip locked)`,
    values: [limits.now, PURGE_ROWS_MAX],
  });
  return [abandoned, ended, logged, told, chained, counted].reduce((rows, { rowCount }) => rows + rowCount, 0);
}

/** One line of the sign-in log, as it is read. */
export interface LoggedSignIn {
  readonly occurredAt: Date;
  readonly signInId: string | null;
  readonly provider: string | null;
  readonly issuer: string | null;
  readonly outcome: string;
  readonly errorCode: string | null;
  readonly acr: string | null;
  readonly requestId: string | null;
  readonly responseId: string | null;
  readonly personId: string | null;
  readonly sourceAddress: string | null;
}

const LOG_LINES_MAX = 10_000;

/** The attempts of some days (UTC, both included), oldest first, at most 10000. @param personId null for everybody's */
export async function readSignInLog(
  tx: Transaction,
  municipalityId: number,
  days: { readonly from: string; readonly to: string },
  personId: string | null,
): Promise<readonly LoggedSignIn[]> {
  const { rows } = await tx.query<LoggedSignIn>({
    name: 'read_sign_in_log',
    text: `select occurred_at as "occurredAt", sign_in_id as "signInId", provider, issuer, outcome, error_code as "errorCode", acr,
                  request_id as "requestId", response_id as "responseId", person_id as "personId",
                  host(source_address) as "sourceAddress"
           from sign_in_log
           where municipality_id = $1 and occurred_at >= $2::date and occurred_at < $3::date + 1
             and ($4::uuid is null or person_id = $4)
           order by occurred_at limit $5`,
    values: [municipalityId, days.from, days.to, personId, LOG_LINES_MAX],
  });
  return rows;
}

interface MessageRow {
  readonly message_id: string;
  readonly kind: SignInMessage['kind'];
  readonly message_sealed: string;
  readonly statements: unknown;
  readonly occurred_at: Date;
}

/** The messages of a sign-in, in their order; a trust chain with its statements. */
export async function readSignInMessages(
  tx: Transaction,
  cipher: FieldCipher,
  municipalityId: number,
  signInId: string,
): Promise<readonly SignInMessage[]> {
  const { rows } = await tx.query<Omit<MessageRow, 'statements'>>({
    name: 'read_sign_in_messages',
    text: `select message_id, kind, message_sealed, occurred_at from sign_in_messages
           where municipality_id = $1 and sign_in_id = $2 order by message_id`,
    values: [municipalityId, signInId],
  });
  const messages: SignInMessage[] = [];
  for (const row of rows) {
    const text = cipher.decrypt(row.message_sealed, messageContext(municipalityId, row.message_id));
    const kept = row.kind === 'trust_chain' ? await readTrustChain(tx, municipalityId, text) : text;
    messages.push({ kind: row.kind, text: kept, occurredAt: row.occurred_at });
  }
  return messages;
}

async function readTrustChain(tx: Transaction, municipalityId: number, hash: string): Promise<string> {
  const { rows } = await tx.query<Pick<MessageRow, 'statements'>>({
    name: 'read_trust_chain',
    text: 'select statements from trust_chains where municipality_id = $1 and chain_hash = $2',
    values: [municipalityId, Buffer.from(hash, 'hex')],
  });
  return JSON.stringify(rows[0]?.statements ?? []);
}
