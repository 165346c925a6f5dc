import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactEncrypt, decodeJwt, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

/** A key pair of somebody else's. */
export interface ScriptedKey {
  readonly kid: string;
  readonly privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  readonly publicJwk: JWK & { kid: string; kty: string };
}

type Claims = Record<string, unknown>;

/** What the provider answers; each part may be bent, and nothing else changes. */
export interface Script {
  idToken: (claims: Claims) => Claims;
  idTokenKey: ScriptedKey;
  /** Takes the finished id token and gives another one. */
  idTokenText: (jwt: string) => string;
  userinfo: (claims: Claims) => Claims;
  userinfoKey: ScriptedKey;
  /** Encrypts to us, as the rules want; bent to answer something else. */
  seal: (jws: string) => Promise<string>;
  /** Extra members of the token response. */
  token: (body: Claims) => Claims;
  acr: string;
  /** An anchor, or a provider, that does not answer. */
  isDown: boolean;
  isAnchorDown: boolean;
  /** Bends the statements. */
  providerStatement: (claims: Claims) => Claims;
  anchorStatement: (claims: Claims) => Claims;
  aboutProvider: (claims: Claims) => Claims;
  trustMark: (claims: Claims) => Claims;
}

/** A federation of one anchor and one provider on a real socket, with the relying party's own words read from where it publishes them. */
export interface ScriptedFederation {
  readonly anchor: string;
  readonly issuer: string;
  readonly script: Script;
  readonly keys: { readonly anchor: ScriptedKey; readonly federation: ScriptedKey; readonly protocol: ScriptedKey };
  /** What was asked of the provider: path and form. */
  readonly asked: { path: string; form: URLSearchParams }[];
  /** Everything as it should be again. */
  reset(): void;
  close(): Promise<void>;
}

/** Makes an RSA key pair. */
export async function scriptedKey(kid: string): Promise<ScriptedKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { kid, privateKey, publicJwk: { ...jwk, kty: jwk.kty ?? 'RSA', kid, use: 'sig', alg: 'RS256' } };
}

/** Starts it. @param encryptionKey the relying party's present key for userinfo, read anew for each answer */
export async function startFederation(options: {
  readonly clientId: string;
  encryptionKey(): JWK & { kid: string };
  /** The relying party's federation keys that the anchor has taken over. */
  federationKeys(): readonly JWK[];
  now(): Date;
}): Promise<ScriptedFederation> {
  const [anchorKey, federationKey, protocolKey] = await Promise.all([
    scriptedKey('anchor'),
    scriptedKey('federation'),
    scriptedKey('protocol'),
  ]);
  const nowS = () => Math.floor(options.now().getTime() / 1000);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [anchor, issuer] = [`${base}/anchor`, `${base}/idp`];
  const asked: ScriptedFederation['asked'] = [];
  const same = (claims: Claims) => claims;
  const asShould = (): Script => ({
    idToken: same,
    idTokenKey: protocolKey,
    idTokenText: (jwt) => jwt,
    userinfo: same,
    userinfoKey: protocolKey,
    seal: (jws) => sealTo(options.encryptionKey(), jws),
    token: same,
    acr: 'https://www.spid.gov.it/SpidL2',
    isDown: false,
    isAnchorDown: false,
    providerStatement: same,
    anchorStatement: same,
    aboutProvider: same,
    trustMark: same,
  });
  const script = asShould();
  /** What the last request object and code were about. */
  let nonce = '';

  const statement = (key: ScriptedKey, claims: Claims, typ = 'entity-statement+jwt') => {
    const now = nowS();
    return new SignJWT({ iat: now, exp: now + 3_600, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ })
      .sign(key.privateKey);
  };
  const markType = `${anchor}/openid_provider/private/`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', base);
    const isAnchor = url.pathname.startsWith('/anchor/');
    if (isAnchor ? script.isAnchorDown : script.isDown) return void request.socket.destroy();
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    const sendStatement = (jwt: string) => send(200, 'application/entity-statement+jwt', jwt);
    switch (url.pathname) {
      case '/anchor/.well-known/openid-federation':
        return sendStatement(await statement(anchorKey, script.anchorStatement(anchorClaims())));
      case '/anchor/list':
        return send(200, 'application/json', JSON.stringify([issuer]));
      case '/anchor/fetch': {
        const subject = url.searchParams.get('sub') ?? '';
        if (subject === options.clientId) return sendStatement(await statement(anchorKey, await aboutRelyingParty()));
        if (subject !== issuer) return send(404, 'application/json', '{"error":"not_found"}');
        return sendStatement(await statement(anchorKey, script.aboutProvider(aboutClaims(subject))));
      }
      case '/idp/.well-known/openid-federation':
        return sendStatement(await statement(federationKey, script.providerStatement(await providerClaims())));
      default:
        return protocol(request, send, url);
    }
  }

  async function protocol(
    request: IncomingMessage,
    send: (status: number, type: string, body: string) => void,
    url: URL,
  ): Promise<void> {
    const form = new URLSearchParams(await readAll(request));
    asked.push({ path: url.pathname, form });
    if (url.pathname === '/idp/token') return send(200, 'application/json', JSON.stringify(await tokenAnswer(form)));
    if (url.pathname === '/idp/userinfo') return send(200, 'application/jose', await userinfoAnswer());
    if (url.pathname === '/idp/revocation') return send(200, 'text/plain', '');
    send(404, 'text/plain', 'nothing here');
  }

  const anchorClaims = (): Claims => ({
    iss: anchor,
    sub: anchor,
    jwks: { keys: [anchorKey.publicJwk] },
    metadata: {
      federation_entity: { federation_fetch_endpoint: `${anchor}/fetch`, federation_list_endpoint: `${anchor}/list` },
    },
    trust_mark_issuers: { [markType]: [anchor] },
    constraints: { max_path_length: 1 },
  });

  const aboutClaims = (subject: string): Claims => ({
    iss: anchor,
    sub: subject,
    jwks: { keys: [federationKey.publicJwk] },
    metadata_policy: {
      openid_provider: {
        subject_types_supported: { subset_of: ['pairwise'], essential: true },
        code_challenge_methods_supported: { superset_of: ['S256'], essential: true },
      },
    },
  });

  async function aboutRelyingParty(): Promise<Claims> {
    const id = `${anchor}/openid_relying_party/public/`;
    const mark = await statement(anchorKey, { iss: anchor, sub: options.clientId, id }, 'trust-mark+jwt');
    return {
      iss: anchor,
      sub: options.clientId,
      jwks: { keys: options.federationKeys() },
      trust_marks: [{ id, trust_mark: mark }],
    };
  }

  async function providerClaims(): Promise<Claims> {
    const mark = await statement(
      anchorKey,
      script.trustMark({ iss: anchor, sub: issuer, id: markType }),
      'trust-mark+jwt',
    );
    return {
      iss: issuer,
      sub: issuer,
      jwks: { keys: [federationKey.publicJwk] },
      authority_hints: [anchor],
      trust_marks: [{ id: markType, trust_mark: mark }],
      metadata: {
        federation_entity: { organization_name: 'Identità Copione' },
        openid_provider: {
          issuer,
          authorization_endpoint: `${issuer}/authorization`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          revocation_endpoint: `${issuer}/revocation`,
          subject_types_supported: ['pairwise', 'public'],
          code_challenge_methods_supported: ['S256'],
          jwks: { keys: [protocolKey.publicJwk] },
        },
      },
    };
  }

  async function tokenAnswer(form: URLSearchParams): Promise<Claims> {
    // The code is the nonce of the request it answers: whoever has the code has the sign-in.
    nonce = form.get('code') ?? '';
    const accessToken = `access-${nonce}`;
    const half = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
    const now = nowS();
    const claims = script.idToken({
      iss: issuer,
      sub: 'pairwise-subject',
      aud: options.clientId,
      acr: script.acr,
      at_hash: half,
      iat: now,
      nbf: now,
      exp: now + 300,
      jti: 'id-token-1',
      nonce,
    });
    const { kid, privateKey } = script.idTokenKey;
    const jwt = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
    return script.token({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 900,
      id_token: script.idTokenText(jwt),
    });
  }

  async function userinfoAnswer(): Promise<string> {
    const now = nowS();
    const claims = script.userinfo({
      iss: issuer,
      aud: options.clientId,
      sub: 'pairwise-subject',
      iat: now,
      exp: now + 300,
      given_name: 'Aurora',
      family_name: 'Esempio',
      'https://attributes.eid.gov.it/fiscal_number': 'TINIT-SMPRRA86C54H501M',
    });
    const { kid, privateKey } = script.userinfoKey;
    return script.seal(
      await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, cty: 'JWT' }).sign(privateKey),
    );
  }

  return {
    anchor,
    issuer,
    script,
    asked,
    keys: { anchor: anchorKey, federation: federationKey, protocol: protocolKey },
    reset: () => {
      Object.assign(script, asShould());
      asked.length = 0;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Encrypts as the rules of SPID and CIE say. */
export async function sealTo(
  jwk: JWK & { kid: string },
  text: string,
  header: { alg: string; enc: string } = { alg: 'RSA-OAEP-256', enc: 'A256CBC-HS512' },
): Promise<string> {
  const key = await importJWK({ ...jwk, alg: header.alg }, header.alg);
  return new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ ...header, kid: jwk.kid, cty: 'JWT' }).encrypt(key);
}

/** The claims of a request object or assertion, unverified: the tests verify where that is the rule. */
export function read(jwt: string): Claims {
  return decodeJwt(jwt);
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
