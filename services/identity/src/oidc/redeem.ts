import { createHash } from 'node:crypto';
import {
  type CompactJWEHeaderParameters,
  compactDecrypt,
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  jwtVerify,
} from 'jose';
import * as openid from 'openid-client';
import { z } from 'zod';
import type { KeyRing } from '../app/key-ring.ts';
import type { AuthorizationSecrets, Redemption } from '../app/ports.ts';
import { ID_TOKEN_SIGNATURE, USERINFO_CONTENT, USERINFO_KEY_WRAP } from '../domain/protocol-algorithms.ts';
import type { OpenidMethod } from '../domain/sign-in-method.ts';
import type { KeySet } from '../domain/trust-chain.ts';
import { privateKeyOf } from '../keys/json-web-keys.ts';
import { AnswerFault, idOf, isEncrypted, type OpenConversation } from './conversation.ts';

/** An id token or a userinfo older than this was not made for the sign-in that is being finished. */
const ANSWER_AGE_MAX_S = 300;
const CLOCK_TOLERANCE_S = 30;
/** Where a provider does not say how long its access token lives. */
const ACCESS_TOKEN_LIFETIME_S = 1_800;

const Keys = z.object({ keys: z.array(z.record(z.string(), z.unknown()).and(z.object({ kty: z.string() }))) });

/**
 * Redeems the code a browser came back with, and reads who the citizen is.
 *
 * openid-client checks state, `iss`, PKCE and the id token (signature and algorithm, issuer, audience, nonce, times); here: its age, that it
 * names the access token that came with it (at_hash), and all of userinfo.
 *
 * @throws AnswerFault, and openid-client's errors, for whatever is not as it must be
 */
export async function redeem(
  conversation: OpenConversation,
  method: OpenidMethod,
  keys: KeyRing,
  secrets: AuthorizationSecrets,
  callbackUrl: URL,
  now: Date,
): Promise<Redemption> {
  const { config } = conversation;
  const granted = await openid.authorizationCodeGrant(config, callbackUrl, {
    expectedState: secrets.state,
    expectedNonce: secrets.nonce,
    pkceCodeVerifier: secrets.codeVerifier,
    idTokenExpected: true,
  });
  const claims = granted.claims();
  const { id_token: idToken, access_token: accessToken } = granted;
  if (claims === undefined || idToken === undefined) throw new AnswerFault('id_token_missing');
  conversation.noteResponse(idOf(idToken));
  if (Math.abs(now.getTime() / 1000 - claims.iat) > ANSWER_AGE_MAX_S + CLOCK_TOLERANCE_S) {
    throw new AnswerFault('id_token_stale');
  }
  checkAccessTokenHash(idToken, accessToken, claims['at_hash'], method.sealedAnswers);
  const userinfo = method.sealedAnswers
    ? await sealedUserinfo(conversation, keys, accessToken, claims.sub, now)
    : await openid.fetchUserInfo(config, accessToken, claims.sub);
  const lifetimeS = granted.expires_in ?? ACCESS_TOKEN_LIFETIME_S;
  return {
    claims: { ...userinfo },
    acr: typeof claims['acr'] === 'string' ? claims['acr'] : null,
    tokens: { idToken, accessToken, accessTokenExpiresAt: new Date(now.getTime() + lifetimeS * 1000) },
  };
}

/** OpenID Connect Core 3.1.3.6: the left half of the access token's hash, by the hash of the id token's own signature. */
function checkAccessTokenHash(idToken: string, accessToken: string, given: unknown, isRequired: boolean): void {
  if (given === undefined && !isRequired) return;
  const bits = /^[A-Z]{2}(256|384|512)$/.exec(decodeProtectedHeader(idToken).alg ?? '')?.[1];
  if (given === undefined || bits === undefined) throw new AnswerFault('at_hash_missing');
  const digest = createHash(`sha${bits}`).update(accessToken, 'ascii').digest();
  if (digest.subarray(0, digest.length / 2).toString('base64url') !== given) throw new AnswerFault('at_hash_wrong');
}

/** Userinfo of SPID and CIE: signed by the provider, then encrypted to us (rules of both, UserInfo end point). */
async function sealedUserinfo(
  conversation: OpenConversation,
  keys: KeyRing,
  accessToken: string,
  subject: string,
  now: Date,
): Promise<Record<string, unknown>> {
  const { config, server, clientId } = conversation;
  const url = new URL(server.metadata.userinfo_endpoint ?? '');
  const headers = new Headers({ accept: 'application/jose, application/jwt' });
  const response = await openid.fetchProtectedResource(config, accessToken, url, 'GET', undefined, headers);
  if (response.status !== 200) throw new AnswerFault('userinfo_refused');
  const text = (await response.text()).trim();
  if (!isEncrypted(text)) throw new AnswerFault('userinfo_not_encrypted');
  const jwt = await openOrNote(conversation, text, keys);
  conversation.note('userinfo_response', jwt);
  const providerKeys = await conversation.keysFor(jwt);
  try {
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(toJwks(providerKeys)), {
      issuer: server.metadata.issuer,
      audience: clientId,
      subject,
      algorithms: [ID_TOKEN_SIGNATURE],
      requiredClaims: ['iss', 'sub', 'aud', 'iat', 'exp'],
      maxTokenAge: ANSWER_AGE_MAX_S,
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: now,
    });
    return payload;
  } catch (error) {
    throw new AnswerFault(userinfoFault(error), { cause: error });
  }
}

/** Opens it; what cannot be opened is noted as it came. */
async function openOrNote(conversation: OpenConversation, jwe: string, keys: KeyRing): Promise<string> {
  try {
    return await open(jwe, keys);
  } catch (error) {
    conversation.note('userinfo_response', jwe);
    throw error;
  }
}

async function open(jwe: string, keys: KeyRing): Promise<string> {
  const keyOf = async ({ kid }: CompactJWEHeaderParameters) => {
    const key = keys.published('encryption').find((one) => one.kid === kid);
    if (key === undefined) throw new AnswerFault('userinfo_for_another_key');
    return privateKeyOf(key);
  };
  try {
    const { plaintext } = await compactDecrypt(jwe, keyOf, {
      keyManagementAlgorithms: [USERINFO_KEY_WRAP],
      contentEncryptionAlgorithms: [USERINFO_CONTENT],
    });
    return Buffer.from(plaintext).toString('utf8');
  } catch (error) {
    throw error instanceof AnswerFault ? error : new AnswerFault('userinfo_cannot_be_opened', { cause: error });
  }
}

function userinfoFault(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'userinfo_expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `userinfo_wrong_${error.claim}`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'userinfo_wrong_algorithm';
  return 'userinfo_not_signed_by_the_provider';
}

function toJwks(keys: KeySet | null) {
  return Keys.parse(keys ?? { keys: [] });
}
