import { types } from 'node:util';
import type { Logger } from '@campanella/service-kit';
import { accept, refuse } from '@campanella/vocabulary';
import * as openid from 'openid-client';
import type { KeyRing } from '../app/key-ring.ts';
import {
  type AuthorizationSecrets,
  type Conversation,
  type IdentityProviders,
  type Party,
  ProviderAwayError,
  type RedemptionRefusal,
} from '../app/ports.ts';
import { claimsAsked, type OpenidMethod } from '../domain/sign-in-method.ts';
import type { RelyingParties } from '../federation/relying-parties.ts';
import { privateKeyOf } from '../keys/json-web-keys.ts';
import { AnswerFault, idOf, type OpenConversation, openConversation } from './conversation.ts';
import type { ProviderDirectory } from './provider-directory.ts';
import { redeem } from './redeem.ts';

/** How the providers are spoken with. */
export interface OpenidProvidersOptions {
  readonly directory: ProviderDirectory;
  readonly parties: Pick<RelyingParties, 'find'>;
  readonly keys: KeyRing;
  readonly logger: Logger;
  /** Longest wait for one answer of a provider. */
  readonly timeoutMs: number;
  /** Lets an issuer be plain http; the configuration admits it for loopback addresses only. */
  readonly allowInsecureLoopback: boolean;
  readonly now: () => Date;
}

const NOTHING_SAID: Conversation = { messages: [], requestId: null, responseId: null };

/** OpenID Connect by openid-client: authorization code, PKCE S256, private_key_jwt; for SPID and CIE with signed requests and sealed answers. */
export function openidProviders(options: OpenidProvidersOptions): IdentityProviders {
  const { directory, logger } = options;
  return {
    offered: (method) => directory.offered(method),
    authorizationUrl: async (method, party, secrets) => {
      const conversation = await converse(options, method, party);
      const url = await authorizationUrl(options, conversation, method, secrets);
      return { url, conversation: conversation.record() };
    },
    redeem: async (method, party, secrets, callbackUrl) => {
      let conversation: OpenConversation | null = null;
      try {
        conversation = await converse(options, method, party);
        conversation.note('authentication_response', callbackUrl.href);
        const result = await redeem(conversation, method, options.keys, secrets, callbackUrl, options.now());
        return { result: accept(result), conversation: conversation.record() };
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal.kind !== 'cancelled') {
          logger.warn({ provider: method.key, issuer: party.issuer, code: refusal.code }, 'a sign-in was not accepted');
        }
        return { result: refuse(refusal), conversation: conversation?.record() ?? NOTHING_SAID };
      }
    },
    revoke: async (method, party, tokens) => {
      if (tokens.accessTokenExpiresAt <= options.now()) return NOTHING_SAID;
      let conversation: OpenConversation | null = null;
      try {
        conversation = await converse(options, method, party);
        if (conversation.server.metadata.revocation_endpoint === undefined) return NOTHING_SAID;
        await openid.tokenRevocation(conversation.config, tokens.accessToken);
      } catch (error) {
        logger.warn({ provider: method.key, code: refusalOf(error).code }, 'an access token could not be revoked');
      }
      return conversation?.record() ?? NOTHING_SAID;
    },
    endSessionUrl: async (method, party, idToken, returnTo) => {
      const { config } = await converse(options, method, party);
      if (config.serverMetadata().end_session_endpoint === undefined) return null;
      const parameters = {
        id_token_hint: idToken,
        ...(returnTo === null ? {} : { post_logout_redirect_uri: returnTo }),
      };
      return openid.buildEndSessionUrl(config, parameters).href;
    },
  };
}

async function converse(
  options: OpenidProvidersOptions,
  method: OpenidMethod,
  party: Party,
): Promise<OpenConversation> {
  const server = await options.directory.server(method, party.issuer);
  const { registration } = method;
  const clientId =
    registration.kind === 'static' ? registration.clientId : options.parties.find(party.municipalityId)?.clientId;
  if (clientId === undefined)
    throw new ProviderAwayError(method.key, new Error('the municipality is no relying party'));
  const inUse = options.keys.inUse('client');
  return openConversation({
    ...options,
    method,
    server,
    renewKeys: async () => (await options.directory.server(method, party.issuer, true)).keys,
    clientId,
    signingKey: { key: await privateKeyOf(inUse), kid: inUse.kid },
  });
}

async function authorizationUrl(
  options: OpenidProvidersOptions,
  conversation: OpenConversation,
  method: OpenidMethod,
  secrets: AuthorizationSecrets,
): Promise<string> {
  const { config, server } = conversation;
  const parameters: Record<string, string> = {
    redirect_uri: secrets.redirectUri,
    scope: method.scope,
    response_type: 'code',
    state: secrets.state,
    nonce: secrets.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(secrets.codeVerifier),
    code_challenge_method: 'S256',
    ui_locales: 'it',
  };
  if (method.acrValues.length > 0) parameters['acr_values'] = method.acrValues.join(' ');
  if (method.prompt !== null) parameters['prompt'] = method.prompt;
  if (method.claimsParameter) parameters['claims'] = JSON.stringify({ userinfo: claimsAsked(method) });
  if (!method.signedRequest) {
    const { href } = openid.buildAuthorizationUrl(config, parameters);
    conversation.note('authentication_request', href);
    return href;
  }
  const inUse = options.keys.inUse('client');
  const key = { key: await privateKeyOf(inUse), kid: inUse.kid };
  const url = await openid.buildAuthorizationUrlWithJAR(config, parameters, key);
  // SPID wants these beside the object as well, with the same values (rules of both, authorization end point).
  for (const name of ['scope', 'response_type', 'code_challenge', 'code_challenge_method']) {
    url.searchParams.set(name, parameters[name] ?? '');
  }
  const requestId = idOf(url.searchParams.get('request') ?? '');
  if (requestId !== null) conversation.noteRequest(requestId);
  if (server.trustChain.length > 0) conversation.note('trust_chain', JSON.stringify(server.trustChain));
  conversation.note('authentication_request', url.href);
  return url.href;
}

const CODE_LENGTH_MAX = 100;

function refusalOf(error: unknown): RedemptionRefusal {
  if (error instanceof ProviderAwayError || isUnreachable(error)) return { kind: 'provider_away', code: 'unreachable' };
  if (error instanceof AnswerFault) return { kind: 'provider_error', code: error.code };
  if (error instanceof openid.AuthorizationResponseError) {
    // SPID tells what happened by a number in the description ("ErrorCode nr25"); the rest of it may name the person.
    const number = /ErrorCode nr(\d{2})/.exec(error.error_description ?? '')?.[1];
    const code = number === undefined ? plainCode(error.error) : `nr${number}`;
    if (error.error === 'temporarily_unavailable') return { kind: 'provider_away', code };
    return { kind: isCancelled(error.error, number) ? 'cancelled' : 'provider_error', code };
  }
  if (error instanceof openid.ResponseBodyError) return { kind: 'provider_error', code: plainCode(error.error) };
  const fault = causeOf(error);
  if (fault !== null) return { kind: 'provider_error', code: fault.code };
  if (error instanceof openid.ClientError)
    return { kind: 'provider_error', code: plainCode(error.code ?? 'invalid_answer') };
  return { kind: 'provider_error', code: 'invalid_answer' };
}

/** The citizen gave up (25) or withheld consent (22), or the provider says no more than that access was denied. */
function isCancelled(error: string, number: string | undefined): boolean {
  return error === 'access_denied' && (number === undefined || number === '25' || number === '22');
}

/** openid-client wraps what our own fetch throws. */
function causeOf(error: unknown): AnswerFault | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof AnswerFault) return cause;
  return null;
}

/** fetch and its time limit fail with these, wrapped by openid-client in errors of its own. */
function isUnreachable(error: unknown): boolean {
  for (let cause = error; types.isNativeError(cause); cause = cause.cause) {
    if (cause.name === 'TimeoutError' || cause.name === 'AbortError' || cause.message === 'fetch failed') return true;
  }
  return false;
}

/** An error code is chosen by the other side: only what looks like one goes into our log and our pages. */
function plainCode(code: string): string {
  return /^\w+$/.test(code) && code.length <= CODE_LENGTH_MAX ? code : 'unknown_error';
}
