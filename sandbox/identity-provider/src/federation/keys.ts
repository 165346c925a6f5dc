import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';

const generate = promisify(generateKeyPair);
const MODULUS_BITS = 2048; // the rules' least length: this is a stand-in, and longer ones would slow its start

/** An RSA key with its thumbprint (RFC 7638) as key id. */
export interface SigningKey {
  readonly kid: string;
  readonly privateJwk: JWK & { readonly kid: string; readonly kty: string };
  readonly publicJwk: JWK & { readonly kid: string; readonly kty: string };
}

/** Makes a signing key. It has no `alg`: one RSA key serves every RSA algorithm of the rules. */
export async function makeSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: MODULUS_BITS });
  const publicJwk = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(publicJwk);
  const more = { kty: 'RSA', use: 'sig', kid };
  return {
    kid,
    publicJwk: { ...publicJwk, ...more },
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...more },
  };
}
