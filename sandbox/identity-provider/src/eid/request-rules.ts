import { decodeJwt } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Scheme } from './scheme.ts';

const RANDOM_CHARACTERS_MIN = 32;
const PROMPTS = ['consent', 'consent login', 'login consent'];
const REQUEST_LIFETIME_MAX_S = 15 * 60;

/** Refuses a request object without the JWT claims that the rules demand; signature, issuer, audience and expiry are oidc-provider's. */
export function checkRequestObject(
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
): void {
  for (const name of ['iss', 'aud', 'iat', 'exp', 'client_id']) {
    if (claims[name] === undefined) throw new errors.InvalidRequestObject(`the request object has no ${name}`);
  }
  if (typeof header['kid'] !== 'string') throw new errors.InvalidRequestObject('the request object has no kid');
  if (Number(claims['exp']) - Number(claims['iat']) > REQUEST_LIFETIME_MAX_S) {
    throw new errors.InvalidRequestObject('the request object lives longer than 15 minutes');
  }
}

/**
 * Refuses, by a redirect, what the scheme's rules refuse of an authentic request.
 *
 * @see the technical rules, "Authorization endpoint"
 */
export function checkRequest(ctx: KoaContextWithOIDC, scheme: Scheme): void {
  const outer: Readonly<Record<string, unknown>> = (ctx.method === 'POST' ? ctx.oidc.body : ctx.query) ?? {};
  // The verified request object itself: oidc-provider has dropped by now what it does not know.
  const asked = decodeJwt<Readonly<Record<string, unknown>>>(String(outer['request']));
  const text = (name: string) => String(asked[name] ?? '');
  checkRepeated(outer, scheme, text);
  for (const scope of text('scope').split(' ')) {
    if (!scheme.scopes.includes(scope)) throw new errors.InvalidScope(`the scope ${scope} is not supported`, scope);
  }
  for (const name of ['state', 'nonce']) {
    if (text(name).length < RANDOM_CHARACTERS_MIN) {
      throw new errors.InvalidRequest(`${name} must have at least ${RANDOM_CHARACTERS_MIN} characters`);
    }
  }
  if (!PROMPTS.includes(text('prompt'))) {
    throw new errors.InvalidRequest('prompt must be "consent" or "consent login"');
  }
  if (text('acr_values') === '') throw new errors.InvalidRequest('acr_values is required');
  checkClaims(String(ctx.oidc.params?.['claims'] ?? ''), scheme);
}

function checkRepeated(outer: Readonly<Record<string, unknown>>, scheme: Scheme, text: (name: string) => string): void {
  for (const name of scheme.repeatedParameters) {
    if (outer[name] !== text(name)) {
      throw new errors.InvalidRequest(`${name} must be in the HTTP request too, as in the request object`);
    }
  }
}

function checkClaims(claims: string, scheme: Scheme): void {
  if (claims === '') return;
  const { id_token: inIdToken = {}, userinfo = {} }: Readonly<Record<string, object>> = JSON.parse(claims);
  const unknown = Object.keys(userinfo).filter((claim) => claim !== 'sub' && !scheme.claims.includes(claim));
  if (unknown.length > 0) throw new errors.InvalidRequest(`claims that do not exist here: ${unknown.join(' ')}`);
  if (!scheme.hasAttributesInIdToken && Object.keys(inIdToken).some((claim) => scheme.claims.includes(claim))) {
    throw new errors.InvalidRequest('user attributes are in userinfo only, not in the id token');
  }
}

/** Refuses a client assertion that is not for the token end point. @see the technical rules, "Token endpoint" */
export function checkClientAssertion(claims: Readonly<Record<string, unknown>>, tokenEndpoint: string): void {
  const audience: unknown = claims['aud'];
  const isForToken = audience === tokenEndpoint || (Array.isArray(audience) && audience.includes(tokenEndpoint));
  if (!isForToken) throw new errors.InvalidClientAuth(`aud of the client assertion must be ${tokenEndpoint}`);
  if (claims['iat'] === undefined) throw new errors.InvalidClientAuth('the client assertion has no iat');
  if (claims['sub'] !== claims['iss'])
    throw new errors.InvalidClientAuth('sub of the client assertion must be its iss');
}
