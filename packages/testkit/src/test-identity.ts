import { createServer } from 'node:http';
import { IDENTITY_AUDIENCE, IDENTITY_ISSUER, type Identity } from '@campanella/service-kit';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { v7 as uuidV7 } from 'uuid';

export interface TestIdentity {
  readonly jwksUrl: string;
  /** A valid internal identity token: a guardian of municipality 1 without pupils, but for what is given. */
  tokenFor(
    identity: Partial<Identity>,
    overrides?: { readonly audience?: string; readonly issuer?: string; readonly expiresIn?: string },
  ): Promise<string>;
  close(): Promise<void>;
}

/** Stands in for identity's keys: signs tokens and serves their public key on a real socket. */
export async function testIdentity(): Promise<TestIdentity> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' }] });
  const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(jwks));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    tokenFor: ({ personId, municipalityId, role, pupilIds }, overrides = {}) =>
      new SignJWT({ municipality_id: municipalityId ?? 1, role: role ?? 'guardian', pupil_ids: pupilIds ?? [] })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
        .setIssuer(overrides.issuer ?? IDENTITY_ISSUER)
        .setAudience(overrides.audience ?? IDENTITY_AUDIENCE)
        .setSubject(personId ?? uuidV7())
        .setJti(uuidV7())
        .setIssuedAt()
        .setExpirationTime(overrides.expiresIn ?? '5m')
        .sign(privateKey),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
