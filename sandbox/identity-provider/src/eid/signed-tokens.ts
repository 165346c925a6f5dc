import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import Provider from 'oidc-provider';
import type { SigningKey } from '../federation/keys.ts';
import { nowS, signJwt } from '../federation/statements.ts';
import { ENDPOINTS } from './provider-metadata.ts';

const ACCESS_TOKEN = 'at+jwt';
const REFRESH_TOKEN = 'rt+jwt';

/**
 * Makes a provider issue its access and refresh tokens as signed JWTs and gives its id tokens `jti`, `nbf` and `at_hash`, as the rules want.
 * oidc-provider itself signs only access tokens that are not for userinfo; here the signed token carries the id of the opaque one.
 *
 * @see the technical rules, "Token endpoint"
 */
export function issueSignedTokens(
  provider: Provider,
  key: SigningKey,
  pairwise: (clientId: string, accountId: string) => string,
): void {
  const { issuer } = provider;
  const accessTokens = new WeakMap<object, string>(); // request → the access token issued in it
  const access = provider.AccessToken.prototype;
  const saveAccess = access.save;
  access.save = async function save() {
    // With an id of its own it does not choose the format itself.
    if (this.jti === undefined) Object.assign(this, { jti: randomUUID(), format: 'opaque' });
    await saveAccess.call(this);
    const { jti, clientId = '', accountId, scope = '' } = this;
    const claims = { iss: issuer, sub: pairwise(clientId, accountId), aud: `${issuer}${ENDPOINTS.userinfo}` };
    const signed = await signJwt(key, ACCESS_TOKEN, { ...claims, client_id: clientId, scope, jti }, this.remainingTTL);
    if (Provider.ctx !== undefined) accessTokens.set(Provider.ctx, signed);
    return signed;
  };
  const refresh = provider.RefreshToken.prototype;
  const saveRefresh = refresh.save;
  refresh.save = async function save() {
    this.jti ??= randomUUID();
    await saveRefresh.call(this);
    const { jti, clientId = '', accountId } = this;
    const claims = { iss: issuer, sub: pairwise(clientId, accountId), aud: `${issuer}${ENDPOINTS.token}` };
    return signJwt(key, REFRESH_TOKEN, { ...claims, client_id: clientId, jti }, this.remainingTTL);
  };
  const idToken = provider.IdToken.prototype;
  const issue = idToken.issue;
  idToken.issue = async function issueWithId(options) {
    const issuedAt = nowS();
    this.set('jti', randomUUID());
    this.set('iat', issuedAt);
    this.set('nbf', issuedAt);
    const accessToken = Provider.ctx && accessTokens.get(Provider.ctx);
    if (accessToken !== undefined) this.set('at_hash', accessToken); // oidc-provider hashes it
    return issue.call(this, options);
  };
}

/** The id of the token in a signed one. @returns undefined for what was not signed with one of the keys */
export async function signedTokenId(
  token: string,
  issuer: string,
  keys: readonly SigningKey[],
): Promise<string | undefined> {
  const keySet = createLocalJWKSet({ keys: keys.map((key) => key.publicJwk) });
  // Expiry is the stored token's business, so that an expired one is told as such.
  const verified = await jwtVerify(token, keySet, { issuer, currentDate: new Date(0) }).catch(() => null);
  return verified?.payload.jti;
}
