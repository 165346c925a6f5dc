import { generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import {
  calculateJwkThumbprint,
  compactDecrypt,
  createLocalJWKSet,
  decodeJwt,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import * as openid from 'openid-client';

const generate = promisify(generateKeyPair);

/** A key pair as the relying party keeps it. */
export interface Key {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

export async function makeKey(use: 'sig' | 'enc'): Promise<Key> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
  const publicJwk = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(publicJwk);
  const more = { use, kid, kty: 'RSA', alg: use === 'sig' ? 'RS256' : 'RSA-OAEP-256' };
  return {
    kid,
    publicJwk: { ...publicJwk, ...more },
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...more },
  };
}

export const signJwt = async (key: Key, type: string | undefined, claims: JWTPayload, lifetimeS = 300) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, ...(type === undefined ? {} : { typ: type }) })
    .setIssuedAt()
    .setExpirationTime(`${lifetimeS}s`)
    .sign(await importJWK(key.privateJwk, 'RS256'));

/** One sign-in under way. */
export interface Begun {
  readonly url: URL;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** What may be done otherwise than the rules say. */
export interface Deviation {
  readonly request?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string | null>>;
  readonly key?: Key;
  /** Makes the request object, from its claims, in place of signing it. */
  readonly object?: (claims: Readonly<Record<string, unknown>>) => string;
}

/** A tiny relying party that serves its own entity configuration on a socket. */
export interface RelyingParty {
  readonly id: string;
  readonly redirectUri: string;
  /** What it publishes: tests change it. */
  readonly published: {
    metadata: Record<string, unknown>;
    trustMarks: readonly unknown[];
    lifetimeS: number;
    signingKey: Key;
    isAway: boolean;
  };
  readonly keys: { readonly federation: Key; readonly encryption: Key };
  /** How often its configuration was read. */
  readCount(): number;
  /** Asks the anchors for statements about itself and publishes the marks in them. */
  takeTrustMarks(): Promise<void>;
  /** A sign-in at a provider, as far as the browser's first request. */
  begin(provider: openid.ServerMetadata, deviation?: Deviation): Promise<Begun>;
  configuration(provider: openid.ServerMetadata): Promise<openid.Configuration>;
  /** The rest of a sign-in, with every check of openid-client. */
  redeem(provider: openid.ServerMetadata, begun: Begun, callback: string): Promise<SignedIn>;
  userinfo(provider: openid.ServerMetadata, accessToken: string, method?: string): Promise<Response>;
  /** A userinfo answer, decrypted and verified. */
  readUserinfo(provider: openid.ServerMetadata, jwe: string): Promise<{ header: object; claims: JWTPayload }>;
  close(): Promise<void>;
}

export interface SignedIn {
  readonly tokens: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers;
  readonly idToken: openid.IDToken;
  readonly userinfo: JWTPayload;
}

export const FISCAL_NUMBER = 'https://attributes.eid.gov.it/fiscal_number';
export const LEVEL_1 = 'https://www.spid.gov.it/SpidL1';
export const LEVEL_2 = 'https://www.spid.gov.it/SpidL2';

/** Starts one. @param anchors its authority hints */
export async function startRelyingParty(anchors: readonly string[]): Promise<RelyingParty> {
  const [federation, signing, encryption] = await Promise.all([makeKey('sig'), makeKey('sig'), makeKey('enc')]);
  let readCount = 0;
  const server = createServer(async (request, response) => {
    if (request.url !== '/.well-known/openid-federation' || published.isAway) {
      response.writeHead(503).end();
      return;
    }
    readCount += 1;
    response.setHeader('content-type', 'application/entity-statement+jwt').end(await entityConfiguration());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const id = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const redirectUri = `${id}/login/callback`;
  const published: RelyingParty['published'] = {
    trustMarks: [],
    lifetimeS: 600,
    signingKey: signing,
    isAway: false,
    metadata: {
      client_id: id,
      application_type: 'web',
      client_registration_types: ['automatic'],
      redirect_uris: [redirectUri],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'RS256',
      userinfo_signed_response_alg: 'RS256',
      userinfo_encrypted_response_alg: 'RSA-OAEP-256',
      userinfo_encrypted_response_enc: 'A256CBC-HS512',
      token_endpoint_auth_method: 'private_key_jwt',
      subject_type: 'pairwise',
    },
  };
  const entityConfiguration = () =>
    signJwt(
      federation,
      'entity-statement+jwt',
      {
        iss: id,
        sub: id,
        jwks: { keys: [federation.publicJwk] },
        metadata: {
          federation_entity: {
            organization_name: 'Comune di Prova',
            homepage_uri: id,
            policy_uri: `${id}/privacy`,
            logo_uri: `${id}/logo.svg`,
            contacts: ['protocollo@pec.prova.example'],
            federation_resolve_endpoint: `${id}/resolve`,
          },
          openid_relying_party: {
            jwks: { keys: [published.signingKey.publicJwk, encryption.publicJwk] },
            ...published.metadata,
          },
        },
        authority_hints: anchors,
        trust_marks: published.trustMarks,
      },
      published.lifetimeS,
    );

  const configuration = async (provider: openid.ServerMetadata) => {
    const { signingKey } = published;
    const key = await importJWK(signingKey.privateJwk, 'RS256');
    if (key instanceof Uint8Array) throw new TypeError('an RSA key is no bytes');
    const config = new openid.Configuration(
      provider,
      id,
      { id_token_signed_response_alg: 'RS256' },
      openid.PrivateKeyJwt(
        { key, kid: signingKey.kid },
        // The rules want the token end point as audience, where openid-client puts the issuer.
        {
          [openid.modifyAssertion]: (_header, claims) => {
            claims['aud'] = provider.token_endpoint ?? '';
          },
        },
      ),
    );
    openid.allowInsecureRequests(config);
    return config;
  };

  const userinfo = (provider: openid.ServerMetadata, accessToken: string, method = 'GET') =>
    fetch(provider.userinfo_endpoint ?? '', { method, headers: { authorization: `Bearer ${accessToken}` } });

  const readUserinfo = async (provider: openid.ServerMetadata, jwe: string) => {
    const key = await importJWK(encryption.privateJwk, 'RSA-OAEP-256');
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, key);
    const keys = createLocalJWKSet(provider['jwks'] as { keys: JWK[] });
    const { payload } = await jwtVerify(new TextDecoder().decode(plaintext), keys, {
      issuer: provider.issuer,
      audience: id,
      algorithms: ['RS256'],
    });
    return { header: protectedHeader, claims: payload };
  };

  return {
    id,
    redirectUri,
    published,
    keys: { federation, encryption },
    readCount: () => readCount,
    takeTrustMarks: async () => {
      const marks = anchors.map(async (anchor) => {
        const answer = await fetch(`${anchor}/fetch?${new URLSearchParams({ sub: id })}`);
        if (!answer.ok) throw new Error(`${anchor} answers ${answer.status}: ${await answer.text()}`);
        return decodeJwt<{ trust_marks: unknown[] }>(await answer.text()).trust_marks;
      });
      published.trustMarks = (await Promise.all(marks)).flat();
    },
    begin: async (provider, deviation = {}) => {
      const verifier = openid.randomPKCECodeVerifier();
      const [state, nonce] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
      const claims = {
        iss: id,
        aud: provider.issuer,
        jti: randomUUID(),
        client_id: id,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'openid',
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        prompt: 'consent login',
        acr_values: LEVEL_2,
        claims: { userinfo: { [FISCAL_NUMBER]: null, given_name: null, family_name: null } },
        ...deviation.request,
      };
      const object =
        deviation.object?.(claims) ?? (await signJwt(deviation.key ?? published.signingKey, undefined, claims));
      const url = new URL(provider.authorization_endpoint ?? '');
      for (const name of ['client_id', 'response_type', 'scope', 'code_challenge', 'code_challenge_method'] as const) {
        url.searchParams.set(name, String(claims[name]));
      }
      url.searchParams.set('request', object);
      for (const [name, value] of Object.entries(deviation.query ?? {})) {
        if (value === null) url.searchParams.delete(name);
        else url.searchParams.set(name, value);
      }
      return { url, state, nonce, verifier };
    },
    configuration,
    redeem: async (provider, begun, callback) => {
      const tokens = await openid.authorizationCodeGrant(await configuration(provider), new URL(callback), {
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        pkceCodeVerifier: begun.verifier,
        idTokenExpected: true,
      });
      const idToken = tokens.claims();
      if (idToken === undefined) throw new Error('no id token');
      const answer = await userinfo(provider, tokens.access_token);
      return { tokens, idToken, userinfo: (await readUserinfo(provider, await answer.text())).claims };
    },
    userinfo,
    readUserinfo,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A provider's metadata as its anchor resolves it. */
export async function resolveProvider(anchor: string, provider: string): Promise<openid.ServerMetadata> {
  const answer = await fetch(`${anchor}/resolve?${new URLSearchParams({ sub: provider, anchor })}`);
  const resolved = decodeJwt<{ metadata: { openid_provider: openid.ServerMetadata } }>(await answer.text());
  return resolved.metadata.openid_provider;
}
