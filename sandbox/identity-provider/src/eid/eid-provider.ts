import { createHash, randomBytes } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import Provider, { type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { SigningKey } from '../federation/keys.ts';
import { SIGNATURES_REQUIRED } from '../federation/statements.ts';
import { errorPage } from '../pages.ts';
import { memoryStore } from './memory-store.ts';
import { people } from './people.ts';
import { ENDPOINTS } from './provider-metadata.ts';
import type { RelyingParties } from './relying-parties.ts';
import { checkClientAssertion, checkRequest, checkRequestObject } from './request-rules.ts';
import { CONTENT_ENCRYPTIONS, KEY_ENCRYPTIONS, LEVELS, type Scheme } from './scheme.ts';
import { issueSignedTokens, signedTokenId } from './signed-tokens.ts';

const MINUTE_S = 60;
const DAY_S = 24 * 60 * MINUTE_S;
/** Keys of before that still verify: the rest are forgotten. */
const KEYS_KEPT = 3;
/** Marks the id of a token whose signature was verified; nobody outside can know it. */
const VERIFIED = `${randomBytes(32).toString('base64url')}:`;

export interface EidProviderOptions {
  /** Name within cookies, letters only. */
  readonly name: string;
  readonly issuer: string;
  readonly scheme: Scheme;
  readonly key: SigningKey;
  readonly relyingParties: RelyingParties;
  readonly onFault: (error: Error) => void;
}

/** A SPID or CIE provider whose protocol keys can change while it runs. */
export interface EidProvider {
  /** The present oidc-provider: another one after each rotation, with the same sign-ins under way. */
  current(): Provider;
  /** Public protocol keys as published, the one that signs first. */
  keys(): readonly SigningKey['publicJwk'][];
  /** Publishes a key without signing with it yet. */
  announce(key: SigningKey): void;
  /** Signs from now on with the key that was announced, else with this one; the ones of before stay published unless they are to be forgotten. */
  rotate(key: SigningKey, options: { readonly keepOld: boolean }): void;
}

/**
 * Makes a provider by the rules of its scheme: signed request objects, PKCE S256, private_key_jwt, pairwise subjects, userinfo signed
 * and encrypted, relying parties that register automatically. Nobody stays signed in: every request asks again.
 */
export function eidProvider(options: EidProviderOptions): EidProvider {
  const store = memoryStore();
  const cookieKeys = [randomBytes(32).toString('base64url')];
  let keys: readonly SigningKey[] = [options.key];
  let announced: SigningKey | null = null;
  const make = () => makeProvider(options, { store, cookieKeys, keys: () => keys });
  let provider = make();
  return {
    current: () => provider,
    keys: () => [...keys, ...(announced === null ? [] : [announced])].map((key) => key.publicJwk),
    announce: (key) => {
      announced = key;
    },
    rotate: (key, { keepOld }) => {
      const next = announced ?? key;
      announced = null;
      keys = keepOld ? [next, ...keys].slice(0, KEYS_KEPT) : [next];
      provider = make();
    },
  };
}

interface Kept {
  readonly store: ReturnType<typeof memoryStore>;
  readonly cookieKeys: string[];
  readonly keys: () => readonly SigningKey[];
}

function makeProvider(options: EidProviderOptions, kept: Kept): Provider {
  const { issuer, name, scheme } = options;
  const pairwise = (clientId: string, accountId: string) =>
    createHash('sha256').update(`${issuer}\n${clientId}\n${accountId}`).digest('base64url');
  const provider = new Provider(issuer, {
    ...protocolConfiguration(options),
    ...featureConfiguration(options, kept),
    adapter: adapterOf(options, kept),
    pairwiseIdentifier: (_ctx, accountId, client) => pairwise(client.clientId, accountId),
    jwks: { keys: kept.keys().map((key) => key.privateJwk) },
    // The rules want POST too; oidc-provider then wants the session's cookie to cross sites. No session is ever stored.
    enableHttpPostMethods: true,
    cookies: {
      long: { sameSite: 'none', httpOnly: true, signed: true },
      keys: kept.cookieKeys,
      names: { session: `idp_${name}_session`, interaction: `idp_${name}_interaction`, resume: `idp_${name}_resume` },
    },
    interactions: {
      url: (_ctx, interaction) => `${new URL(issuer).pathname}/interaction/${interaction.uid}`,
      policy: policyOf(scheme),
    },
  });
  const [signing] = kept.keys();
  if (signing !== undefined) issueSignedTokens(provider, signing, pairwise);
  provider.use(async (ctx, next) => {
    await next();
    if (isOpenidContext(ctx)) answerAsTheRulesSay(ctx, scheme);
  });
  provider.on('authorization.success', (ctx) => {
    // No single sign-on: what is marked as destroyed is neither stored nor given to the browser.
    if (ctx.oidc.session !== undefined) Reflect.set(ctx.oidc.session, 'destroyed', true);
  });
  provider.on('server_error', (_ctx, error) => options.onFault(error));
  return provider;
}

function protocolConfiguration({ scheme }: EidProviderOptions): Configuration {
  return {
    routes: ENDPOINTS,
    clientAuthMethods: ['private_key_jwt'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    subjectTypes: ['pairwise'],
    acrValues: LEVELS,
    scopes: [...scheme.scopes],
    claims: {
      ...Object.fromEntries(scheme.claims.map((claim) => [claim, null])),
      ...Object.fromEntries(Object.entries(scheme.scopeClaims).map(([scope, claims]) => [scope, [...claims]])),
      acr: null,
      iss: null,
      auth_time: null,
    },
    conformIdTokenClaims: !scheme.hasAttributesInIdToken,
    enabledJWA: {
      clientAuthSigningAlgValues: [...SIGNATURES_REQUIRED],
      requestObjectSigningAlgValues: [...SIGNATURES_REQUIRED],
      requestObjectEncryptionAlgValues: [],
      requestObjectEncryptionEncValues: [],
      idTokenSigningAlgValues: [...SIGNATURES_REQUIRED],
      idTokenEncryptionAlgValues: scheme.encryptsIdToken ? [...KEY_ENCRYPTIONS] : [],
      idTokenEncryptionEncValues: scheme.encryptsIdToken ? [...CONTENT_ENCRYPTIONS] : [],
      userinfoSigningAlgValues: [...SIGNATURES_REQUIRED],
      userinfoEncryptionAlgValues: [...KEY_ENCRYPTIONS],
      userinfoEncryptionEncValues: [...CONTENT_ENCRYPTIONS],
    },
    expiresWithSession: () => false,
    ttl: {
      AuthorizationCode: MINUTE_S,
      AccessToken: 15 * MINUTE_S,
      IdToken: 5 * MINUTE_S,
      RefreshToken: 30 * DAY_S,
      Interaction: 10 * MINUTE_S,
      Session: 30 * MINUTE_S,
      Grant: 30 * DAY_S,
    },
    findAccount: (_ctx, username) => {
      const person = people.get(username);
      return person && { accountId: username, claims: () => ({ ...person.claims, sub: username }) };
    },
    // The citizen agreed by choosing an identity: the grant is made on the spot, without a page.
    loadExistingGrant: async (ctx) => {
      const { client, session, provider, params } = ctx.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(String(params?.['scope'] ?? 'openid'));
      grant.addOIDCClaims([...scheme.claims]);
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error, out.error_description);
    },
  };
}

function featureConfiguration({ issuer, scheme }: EidProviderOptions, kept: Kept): Configuration {
  return {
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims) => {
      checkClientAssertion(claims, `${issuer}${ENDPOINTS.token}`);
      // The token is a signed one, which oidc-provider refuses to look up: it gets the id in it.
      const token = ctx.oidc.params?.['token'];
      if (ctx.oidc.params !== undefined && typeof token === 'string') {
        ctx.oidc.params['token'] = VERIFIED + ((await signedTokenId(token, issuer, kept.keys())) ?? 'unknown');
      }
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      claimsParameter: { enabled: true },
      encryption: { enabled: true },
      jwtUserinfo: { enabled: true },
      requestObjects: {
        enabled: true,
        requireSignedRequestObject: true,
        assertJwtClaimsAndHeader: async (_ctx, claims, header) => checkRequestObject(claims, header),
      },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      revocation: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => {
          if (token.clientId !== client.clientId) return false;
          if (token.kind !== 'AccessToken' || scheme.revokesRefreshTokensToo) return true;
          await token.destroy(); // and false, since oidc-provider would end the refresh tokens as well
          return false;
        },
      },
    },
  };
}

/** The store, where clients are found by automatic registration and signed tokens by the id in them. */
function adapterOf({ issuer, relyingParties }: EidProviderOptions, kept: Kept) {
  return (model: string) => {
    const adapter = kept.store(model);
    if (model === 'Client') {
      return { ...adapter, find: (clientId: string) => relyingParties.find(clientId, signingKeyId(Provider.ctx)) };
    }
    if (model !== 'AccessToken' && model !== 'RefreshToken') return adapter;
    return {
      ...adapter,
      find: async (token: string) => {
        const id = token.startsWith(VERIFIED)
          ? token.slice(VERIFIED.length)
          : await signedTokenId(token, issuer, kept.keys());
        return id === undefined ? undefined : adapter.find(id);
      },
    };
  };
}

/** The key with which the relying party of the present request signed, as it says. */
function signingKeyId(ctx: KoaContextWithOIDC | undefined): string | undefined {
  const jwt = ctx?.oidc?.params?.['request'] ?? ctx?.oidc?.params?.['client_assertion'];
  if (typeof jwt !== 'string') return undefined;
  try {
    return decodeProtectedHeader(jwt).kid;
  } catch {
    return undefined;
  }
}

/** oidc-provider's own policy, and the rules about requests: checked once the request is known to be authentic, so that a refusal can redirect. */
function policyOf(scheme: Scheme) {
  const policy = interactionPolicy.base();
  const rules = new interactionPolicy.Check('rules', 'the rules about requests', (ctx) => {
    if (ctx.oidc.route === 'authorization') checkRequest(ctx, scheme);
    return interactionPolicy.Check.NO_NEED_TO_PROMPT;
  });
  policy.get('login')?.checks.add(rules, 0);
  return policy;
}

function isOpenidContext(ctx: object): ctx is KoaContextWithOIDC {
  return 'oidc' in ctx;
}

function answerAsTheRulesSay(ctx: KoaContextWithOIDC, scheme: Scheme): void {
  const { route } = ctx.oidc;
  if (route === 'userinfo' && ctx.status === 200) ctx.set('content-type', 'application/jose');
  if (route === 'introspection' && ctx.status === 200 && !scheme.tellsTokenDetails) {
    ctx.body = { active: (ctx.body as { active: boolean }).active };
  }
  const location = ctx.response.get('location');
  if (!scheme.hasIssuerInResponse && (route === 'authorization' || route === 'resume') && URL.canParse(location)) {
    const url = new URL(location);
    if (url.searchParams.get('iss') === null) return;
    url.searchParams.delete('iss');
    ctx.set('location', url.href);
  }
}
