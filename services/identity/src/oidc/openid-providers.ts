import type { Logger } from '@campanella/service-kit';
import { accept, refuse } from '@campanella/vocabulary';
import * as openid from 'openid-client';
import type { KeyRing } from '../app/key-ring.ts';
import {
  type AuthorizationSecrets,
  type IdentityProviders,
  ProviderAwayError,
  type Redemption,
  type RedemptionRefusal,
} from '../app/ports.ts';
import { claimsNeeded, type ProviderProfile } from '../domain/provider-profile.ts';
import { privateKeyOf } from '../keys/json-web-keys.ts';

/** How the providers are spoken with. */
export interface OpenidProvidersOptions {
  readonly keys: KeyRing;
  readonly logger: Logger;
  /** Longest wait for one answer of a provider. */
  readonly timeoutMs: number;
  /** How long a provider's published configuration is believed. */
  readonly discoveryKeptMs: number;
  /** Lets an issuer be plain http; the configuration admits it for loopback addresses only. */
  readonly allowInsecureLoopback: boolean;
}

interface Discovered {
  readonly kid: string;
  readonly configuration: Promise<openid.Configuration>;
  readonly untilMs: number;
}

/** OpenID Connect by openid-client: authorization code, PKCE S256, private_key_jwt. */
export function openidProviders(options: OpenidProvidersOptions): IdentityProviders {
  const discovered = new Map<string, Discovered>();
  const configured = (profile: ProviderProfile) => configure(options, discovered, profile);
  return {
    authorizationUrl: async (profile, secrets) => authorizationUrl(await configured(profile), profile, secrets),
    redeem: async (profile, secrets, callbackUrl) => {
      try {
        return accept(await redeem(await configured(profile), secrets, callbackUrl));
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal.kind !== 'cancelled') {
          options.logger.warn({ provider: profile.key, code: refusal.code }, 'a sign-in was not accepted');
        }
        return refuse(refusal);
      }
    },
    endSessionUrl: async (profile, idToken, returnTo) => {
      const config = await configured(profile);
      if (config.serverMetadata().end_session_endpoint === undefined) return null;
      const parameters = {
        id_token_hint: idToken,
        ...(returnTo === null ? {} : { post_logout_redirect_uri: returnTo }),
      };
      return openid.buildEndSessionUrl(config, parameters).href;
    },
  };
}

/** The provider's configuration, read again when it is old or our key has changed; the last known one while it is away. */
async function configure(
  options: OpenidProvidersOptions,
  discovered: Map<string, Discovered>,
  profile: ProviderProfile,
): Promise<openid.Configuration> {
  const { kid } = options.keys.inUse('client');
  const known = discovered.get(profile.key);
  if (known?.kid === kid && known.untilMs > Date.now()) return known.configuration;
  const configuration = discover(options, profile).catch((error: unknown) => {
    if (known === undefined) discovered.delete(profile.key);
    else discovered.set(profile.key, { ...known, untilMs: 0 });
    if (known?.kid === kid) return known.configuration;
    throw error;
  });
  discovered.set(profile.key, { kid, configuration, untilMs: Date.now() + options.discoveryKeptMs });
  return configuration;
}

async function discover(options: OpenidProvidersOptions, profile: ProviderProfile): Promise<openid.Configuration> {
  const inUse = options.keys.inUse('client');
  const auth = openid.PrivateKeyJwt({ key: await privateKeyOf(inUse), kid: inUse.kid });
  // Without the checks an id token that came straight from the provider would be believed unsigned (OpenID Connect 3.1.3.7).
  const execute = [openid.enableNonRepudiationChecks];
  if (options.allowInsecureLoopback) execute.push(openid.allowInsecureRequests);
  const timeout = options.timeoutMs / 1000;
  try {
    return await openid.discovery(new URL(profile.issuer), profile.clientId, undefined, auth, { timeout, execute });
  } catch (error) {
    throw new ProviderAwayError(profile.key, error);
  }
}

async function authorizationUrl(
  config: openid.Configuration,
  profile: ProviderProfile,
  secrets: AuthorizationSecrets,
): Promise<string> {
  const userinfo = Object.fromEntries(claimsNeeded(profile).map((claim) => [claim, { essential: true }]));
  const parameters: Record<string, string> = {
    redirect_uri: secrets.redirectUri,
    scope: profile.scope,
    response_type: 'code',
    state: secrets.state,
    nonce: secrets.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(secrets.codeVerifier),
    code_challenge_method: 'S256',
    ui_locales: 'it',
  };
  if (profile.acrValues.length > 0) parameters['acr_values'] = profile.acrValues.join(' ');
  if (profile.prompt !== null) parameters['prompt'] = profile.prompt;
  if (profile.claimsParameter) parameters['claims'] = JSON.stringify({ userinfo });
  return openid.buildAuthorizationUrl(config, parameters).href;
}

async function redeem(
  config: openid.Configuration,
  secrets: AuthorizationSecrets,
  callbackUrl: URL,
): Promise<Redemption> {
  const tokens = await openid.authorizationCodeGrant(config, callbackUrl, {
    expectedState: secrets.state,
    expectedNonce: secrets.nonce,
    pkceCodeVerifier: secrets.codeVerifier,
    idTokenExpected: true,
  });
  const idClaims = tokens.claims();
  if (idClaims === undefined || tokens.id_token === undefined)
    throw new TypeError('no id token although one was expected');
  const userinfo = await openid.fetchUserInfo(config, tokens.access_token, idClaims.sub);
  return {
    claims: { ...userinfo },
    acr: typeof idClaims['acr'] === 'string' ? idClaims['acr'] : null,
    idToken: tokens.id_token,
  };
}

const CODE_LENGTH_MAX = 100;

function refusalOf(error: unknown): RedemptionRefusal {
  if (error instanceof ProviderAwayError || isUnreachable(error)) return { kind: 'provider_away', code: 'unreachable' };
  if (error instanceof openid.AuthorizationResponseError) {
    // SPID tells what happened by a number in the description ("ErrorCode nr25"); the rest of it may name the person.
    const number = /ErrorCode nr(\d{2})/.exec(error.error_description ?? '')?.[1];
    const code = number === undefined ? plainCode(error.error) : `nr${number}`;
    return { kind: error.error === 'access_denied' ? 'cancelled' : 'provider_error', code };
  }
  if (error instanceof openid.ResponseBodyError) return { kind: 'provider_error', code: plainCode(error.error) };
  if (error instanceof openid.ClientError)
    return { kind: 'provider_error', code: plainCode(error.code ?? 'invalid_answer') };
  return { kind: 'provider_error', code: 'invalid_answer' };
}

/** fetch and its time limit fail with these, wrapped by openid-client in errors of its own. */
function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError' || cause.name === 'AbortError' || cause.message === 'fetch failed') return true;
  }
  return false;
}

/** An error code is chosen by the other side: only what looks like one goes into our log and our pages. */
function plainCode(code: string): string {
  return /^\w+$/.test(code) && code.length <= CODE_LENGTH_MAX ? code : 'unknown_error';
}
