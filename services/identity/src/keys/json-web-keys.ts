import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { TokenSigner } from '../app/issue-token.ts';
import type { KeyPurpose, KeyRing, SigningKey } from '../app/key-ring.ts';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../domain/token-claims.ts';

/** Ours to ourselves: the short and fast one. To the providers: the one that SPID and CIE require. */
const ALGORITHM: Record<KeyPurpose, string> = { token: 'EdDSA', client: 'RS256' };

/** Makes a key pair whose id is its thumbprint (RFC 7638). */
export async function makeSigningKey(purpose: KeyPurpose, activeFrom: Date): Promise<SigningKey> {
  const alg = ALGORITHM[purpose];
  const pair = await generateKeyPair(alg, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    purpose,
    kid,
    alg,
    activeFrom,
    publicJwk: { ...publicJwk, kid, alg, use: 'sig' },
    privateJwk: { ...(await exportJWK(pair.privateKey)) },
  };
}

/** Takes a private key for signing with Web Crypto. */
export async function privateKeyOf(key: SigningKey): Promise<CryptoKey> {
  const imported = await importJWK({ ...key.privateJwk }, key.alg);
  if (imported instanceof Uint8Array) throw new TypeError('a signing key must be a key pair');
  return imported;
}

/** Signs internal identity tokens with the key in use; a key is imported once. */
export function tokenSigner(keys: KeyRing): TokenSigner {
  let imported: { kid: string; key: CryptoKey } | null = null;
  return {
    sign: async (claims) => {
      const inUse = keys.inUse('token');
      if (imported?.kid !== inUse.kid) imported = { kid: inUse.kid, key: await privateKeyOf(inUse) };
      return new SignJWT({
        municipality_id: claims.municipalityId,
        role: claims.role,
        pupil_ids: [...claims.pupilIds],
      })
        .setProtectedHeader({ alg: inUse.alg, kid: inUse.kid, typ: 'JWT' })
        .setIssuer(TOKEN_ISSUER)
        .setAudience(TOKEN_AUDIENCE)
        .setSubject(claims.personId)
        .setJti(uuidv7())
        .setIssuedAt(claims.issuedAt)
        .setExpirationTime(claims.expiresAt)
        .sign(imported.key);
    },
  };
}
