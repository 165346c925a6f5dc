import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { privateDatabase } from '@campanella/testkit';
import type { JWK } from 'jose';
import { beginSignIn } from '../src/app/begin-sign-in.ts';
import { completeSignIn } from '../src/app/complete-sign-in.ts';
import { endAllSignIns, endSignIn } from '../src/app/end-sign-in.ts';
import { type KeyRing, openKeyRing } from '../src/app/key-ring.ts';
import { listSignInMethods } from '../src/app/list-sign-in-methods.ts';
import { levelsFrom, type OpenidMethod, PRESETS } from '../src/domain/sign-in-method.ts';
import { openRelyingParties, type RelyingParties } from '../src/federation/relying-parties.ts';
import { openTrustChains, type TrustChains } from '../src/federation/trust-chains.ts';
import { makeSigningKey } from '../src/keys/json-web-keys.ts';
import { openidProviders } from '../src/oidc/openid-providers.ts';
import { openProviderDirectory, type ProviderDirectory } from '../src/oidc/provider-directory.ts';
import { keyStore } from '../src/store/key-store.ts';
import { codeHash, personStore } from '../src/store/person-store.ts';
import { readSignInLog, readSignInMessages, signInStore } from '../src/store/sign-in-store.ts';
import { read, type ScriptedFederation, startFederation } from './scripted-federation.ts';

/** Who we are to the scripted federation. */
export const CLIENT_ID = 'http://127.0.0.1:7999';
const CALLBACK = `${CLIENT_ID}/login/callback`;

/** identity's own code on a real PostgreSQL, with a scripted federation on a real socket. */
export interface IdentityWorld {
  readonly federation: ScriptedFederation;
  readonly method: OpenidMethod;
  readonly keys: KeyRing;
  readonly chains: TrustChains;
  readonly directory: ProviderDirectory;
  readonly parties: RelyingParties;
  readonly database: Database;
  now(): Date;
  /** Moves the clock of all on; never back. */
  later(ms: number): void;
  listMethods(): ReturnType<typeof listSignInMethods>;
  begin(issuer?: string): Promise<{ url: URL; state: string; request: Record<string, unknown> }>;
  /** Brings the browser back. @param query what the provider put into the callback's query, besides state */
  complete(state: string, query: Record<string, string>): ReturnType<typeof completeSignIn>;
  /** Begins, and completes with a code of that very sign-in. */
  signIn(): ReturnType<typeof completeSignIn>;
  leave(signInId: string): Promise<string | null>;
  leaveEverywhere(personId: string): Promise<number>;
  log(): ReturnType<typeof readSignInLog>;
  messages(signInId: string): ReturnType<typeof readSignInMessages>;
  close(): Promise<void>;
}

/** Starts it. */
export async function startIdentityWorld(): Promise<IdentityWorld> {
  const logger = createLogger({ service: 'identity', level: 'error' });
  const own = await privateDatabase({ migrations: fileURLToPath(new URL('../migrations', import.meta.url)) });
  const database = openDatabase({ url: own.url, applicationName: 'identity-test' }, logger);
  await database.start();
  const transaction = database.transaction.bind(database);
  const cipher = openFieldCipher(randomBytes(32).toString('base64'));
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const clock = { now };
  const keys = openKeyRing({ transaction, keys: keyStore(cipher), makeKey: makeSigningKey, clock });
  await keys.refresh();
  // What the anchor took over when we were onboarded: keys made later it does not know.
  const vouched = keys.published('federation').slice(0, 1);
  const federation = await startFederation({
    clientId: CLIENT_ID,
    encryptionKey: () => {
      const key = keys.inUse('encryption');
      return { ...key.publicJwk, kid: key.kid } as JWK & { kid: string };
    },
    now,
    federationKeys: () => vouched.map((key) => ({ ...key.publicJwk }) as JWK),
  });
  const conduct = { logger, now, timeoutMs: 2_000, allowInsecureLoopback: true };
  const method: OpenidMethod = {
    ...PRESETS.spid,
    key: 'spid',
    kind: 'spid',
    municipalityIds: null,
    acrAccepted: levelsFrom(PRESETS.spid.acrValues),
    registration: { kind: 'federation', trustAnchor: federation.anchor, trustAnchorJwks: null, issuers: null },
  };
  const chains = openTrustChains(conduct);
  const parties = openRelyingParties({ ...conduct, keys, chains, parties: [relyingParty(federation.anchor)] });
  const directory = openProviderDirectory({ ...conduct, chains, methods: [method], keptMs: 3_600_000 });
  await directory.refresh();
  const deps = {
    transaction,
    clock,
    methods: [method],
    signIns: signInStore(cipher),
    persons: personStore(cipher, codeHash(randomBytes(32))),
    providers: openidProviders({ ...conduct, directory, parties, keys }),
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: [`${CLIENT_ID}/`],
  };
  const begin: IdentityWorld['begin'] = async (issuer = '') => {
    const begun = await beginSignIn(deps, { municipalityId: 1, provider: 'spid', issuer, redirectUri: CALLBACK });
    if (!begun.ok) throw new Error(begun.refusal.kind);
    const url = new URL(begun.value.redirectUrl);
    return { url, state: begun.value.state, request: read(url.searchParams.get('request') ?? '') };
  };
  const complete: IdentityWorld['complete'] = (state, query) => {
    const callbackUrl = `${CALLBACK}?${new URLSearchParams({ state, ...query })}`;
    return completeSignIn(deps, { municipalityId: 1, state, callbackUrl, sourceAddress: '192.0.2.7' });
  };
  return {
    ...{ federation, method, keys, chains, directory, parties, database, now, begin, complete },
    later: (ms) => {
      aheadMs += ms;
    },
    listMethods: () => listSignInMethods(deps, 1),
    signIn: async () => {
      const { state, request } = await begin();
      return complete(state, { code: String(request['nonce']) });
    },
    leave: (signInId) => endSignIn(deps, { municipalityId: 1, signInId, returnTo: `${CLIENT_ID}/` }),
    leaveEverywhere: (personId) => endAllSignIns(deps, { municipalityId: 1, personId }),
    log: () => transaction((tx) => readSignInLog(tx, 1, { from: '2020-01-01', to: '2100-01-01' }, null)),
    messages: (signInId) => transaction((tx) => readSignInMessages(tx, cipher, 1, signInId)),
    close: async () => {
      await federation.close();
      await database.stop();
      await own.close();
    },
  };
}

function relyingParty(anchor: string) {
  return {
    municipalityIds: [1],
    clientId: CLIENT_ID,
    organizationName: 'Comune di Vallefinta',
    homepageUri: CLIENT_ID,
    policyUri: `${CLIENT_ID}/privacy`,
    logoUri: `${CLIENT_ID}/logo.svg`,
    contacts: ['protocollo@pec.vallefinta.example'],
    authorityHints: [anchor],
    trustMarks: [],
    ipaCode: 'c_vallefinta',
  };
}
