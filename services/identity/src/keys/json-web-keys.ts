import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { TokenSigner } from '../app/issue-token.ts';
import type { KeyPurpose, KeyRing, SigningKey } from '../app/key-ring.ts';
import { ID_TOKEN_SIGNATURE, USERINFO_KEY_WRAP } from '../domain/protocol-algorithms.ts';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../domain/token-claims.ts';

/** Ours to ourselves: the short and fast one. To the providers: those that SPID and CIE require. */
const ALGORITHM: Record<KeyPurpose, string> = {
  token: 'EdDSA',
  client: ID_TOKEN_SIGNATURE,
  federation: 'RS256',
  encryption: USERINFO_KEY_WRAP,
};
/** The rules ask for at least 2048 bits; 3072 hold until after 2030 (NIST SP 800-57) at a third of the cost of 4096. */
const RSA_BITS = 3072;

/** Makes a key pair whose id is its thumbprint (RFC 7638). */
export async function makeSigningKey(purpose: KeyPurpose, activeFrom: Date): Promise<SigningKey> {
  const alg = ALGORITHM[purpose];
  const pair = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    purpose,
    kid,
    alg,
    activeFrom,
    publicJwk: { ...publicJwk, kid, alg, use: purpose === 'encryption' ? 'enc' : 'sig' },
    privateJwk: { ...(await exportJWK(pair.privateKey)) },
  };
}

/** Takes a private key for signing or opening with Web Crypto. */
export async function privateKeyOf(key: SigningKey): Promise<CryptoKey> {
  const imported = await importJWK({ ...key.privateJwk }, key.alg);
  if (imported instanceof Uint8Array) throw new TypeError('a key of ours must be a key pair');
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
