import { createHash, randomBytes } from 'node:crypto';
import Provider, { type Configuration } from 'oidc-provider';
import { FISCAL_NUMBER, LEVELS } from './eid/scheme.ts';
import type { SigningKey } from './federation/keys.ts';
import { errorPage, leavePage, leftPage } from './pages.ts';

/** A scripted citizen. */
export interface Citizen {
  readonly username: string;
  readonly displayName: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly codiceFiscale: string;
}

/** The relying party, the people the provider knows, and its key. */
export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientJwksUrl: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly citizens: readonly Citizen[];
  readonly key: SigningKey;
}

const MINUTE_S = 60;

/**
 * Makes the plain OpenID provider (a regional proxy or a Keycloak stands behind such a one): authorization code with PKCE S256 and private_key_jwt only, pairwise subjects, no consent page.
 * Keys and sessions are in memory: a restart signs everybody out, as a demonstration may.
 */
export function openidProvider(options: ProviderOptions): Provider {
  return new Provider(options.issuer, {
    ...clientConfiguration(options),
    ...citizenConfiguration(options.citizens),
    ...pageConfiguration(),
    jwks: { keys: [{ ...options.key.privateJwk, alg: 'RS256' }] },
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: { session: 'idp_session', interaction: 'idp_interaction', resume: 'idp_resume' },
    },
    ttl: {
      AuthorizationCode: MINUTE_S,
      AccessToken: 5 * MINUTE_S,
      IdToken: 5 * MINUTE_S,
      Interaction: 10 * MINUTE_S,
      Session: 30 * MINUTE_S,
      Grant: 30 * MINUTE_S,
    },
  });
}

function clientConfiguration(options: ProviderOptions): Configuration {
  return {
    clients: [
      {
        client_id: options.clientId,
        client_name: 'Campanella',
        jwks_uri: options.clientJwksUrl,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'RS256',
        id_token_signed_response_alg: 'RS256',
        subject_type: 'pairwise',
        redirect_uris: [...options.redirectUris],
        post_logout_redirect_uris: [...options.postLogoutRedirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    clientAuthMethods: ['private_key_jwt'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    subjectTypes: ['pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) =>
      createHash('sha256').update(`${client.clientId}\n${accountId}`).digest('base64url'),
    acrValues: LEVELS,
    // oidc-provider's own dispatcher refuses loopback addresses (a guard against server-side request forgery), and the relying party
    // of a sandbox is on one; the only address ever fetched is the one in our configuration.
    fetch: async (url, { signal = null, headers = {} } = {}) => {
      if (String(url) !== options.clientJwksUrl) throw new Error('only the configured JWKS URL is fetched');
      return fetch(options.clientJwksUrl, { signal, headers });
    },
    // The citizen agreed by choosing an identity: the grant is made on the spot, without a page.
    loadExistingGrant: async (ctx) => {
      const { client, session, provider, params } = ctx.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(String(params?.['scope'] ?? 'openid'));
      grant.addOIDCClaims([FISCAL_NUMBER, 'given_name', 'family_name']);
      await grant.save();
      return grant;
    },
  };
}

function citizenConfiguration(citizens: readonly Citizen[]): Configuration {
  const byUsername = new Map(citizens.map((citizen) => [citizen.username, citizen]));
  return {
    scopes: ['openid', 'profile'],
    claims: {
      openid: ['sub'],
      profile: [FISCAL_NUMBER, 'given_name', 'family_name'],
      acr: null,
      auth_time: null,
      iss: null,
    },
    findAccount: (_ctx, username) => {
      const citizen = byUsername.get(username);
      if (citizen === undefined) return undefined;
      return {
        accountId: username,
        claims: () => ({
          sub: username,
          given_name: citizen.givenName,
          family_name: citizen.familyName,
          [FISCAL_NUMBER]: `TINIT-${citizen.codiceFiscale}`,
        }),
      };
    },
  };
}

function pageConfiguration(): Configuration {
  return {
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = leavePage(form);
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.body = leftPage();
        },
      },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error, out.error_description);
    },
  };
}
