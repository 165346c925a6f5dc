import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'f1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Most that one field may hold, in bytes of UTF-8: the longest message of the pagoPA node is kept whole, as it came. */
const FIELD_BYTES_MAX = 256 * 1024;

/** Encrypts single fields at rest, so that a copy of the database alone tells nothing. */
export interface FieldCipher {
  /**
   * Seals a text under the first key, with a fresh random nonce: sealing twice gives two different results.
   *
   * @param text any text, the empty one included; its length stays visible
   * @param context where the field lives, e.g. `pupils.diet_code/1/<pupil id>`; a sealed text moved to another place does not open
   * @returns `f1.<key id>.<base64url>`; plain ASCII, safe in SQL text and in JSON
   * @throws RangeError for a text above 256 kB: fields are parsed before they come here
   */
  encrypt(text: string, context: string): string;
  /**
   * Opens a sealed text, under whichever of the keys sealed it.
   *
   * @throws FieldCipherError when the form is unknown, the key is not among ours, or text or context were altered
   */
  decrypt(sealed: string, context: string): string;
  /** Says whether a sealed text was made under the first key; if not, a rotation has still to seal it again. */
  isCurrent(sealed: string): boolean;
}

/** Why a key cannot be used or a sealed text cannot be opened. The message holds neither text nor key. */
export class FieldCipherError extends Error {
  readonly kind: 'invalid_key' | 'malformed' | 'unknown_key' | 'not_authentic';

  constructor(kind: FieldCipherError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FieldCipherError';
    this.kind = kind;
  }
}

interface Key {
  readonly keyId: string;
  readonly secret: Buffer;
}

/**
 * Opens a cipher over one or more keys.
 *
 * @param keysBase64 keys of 32 random bytes in base64 (`openssl rand -base64 32`), separated by commas. The first one
 *   seals; all of them open. To rotate: put the new key first, seal again what is not current, drop the old key.
 * @throws FieldCipherError `invalid_key` when a key is missing, not base64, not 32 bytes, or given twice
 */
export function openFieldCipher(keysBase64: string): FieldCipher {
  const keys = keysBase64.split(',').map((key, index) => parseKey(key.trim(), index + 1));
  const byId = new Map(keys.map((key) => [key.keyId, key]));
  const [first] = keys;
  if (first === undefined || byId.size !== keys.length) {
    throw new FieldCipherError('invalid_key', 'a field encryption key is given twice');
  }
  return {
    encrypt: (text, context) => seal(first, text, context),
    decrypt: (sealed, context) => {
      const { keyId, body } = split(sealed);
      const key = byId.get(keyId);
      if (key === undefined) {
        throw new FieldCipherError('unknown_key', `sealed under key ${keyId}, which is not among the configured keys`);
      }
      return open(key, body, context);
    },
    isCurrent: (sealed) => split(sealed).keyId === first.keyId,
  };
}

function parseKey(keyBase64: string, position: number): Key {
  const secret = Buffer.from(keyBase64, 'base64');
  // Buffer skips what is not base64, so a damaged key would silently become another one: compare with what it writes back.
  const isBase64 = secret.toString('base64').replaceAll('=', '') === keyBase64.replaceAll('=', '');
  if (!isBase64 || secret.length !== KEY_BYTES) {
    throw new FieldCipherError(
      'invalid_key',
      `field encryption key ${position} must be ${KEY_BYTES} bytes in base64 (make one with: openssl rand -base64 32)`,
    );
  }
  // The id is eight hexadecimal digits of a hash: enough to tell keys apart, nothing towards finding a 256-bit key.
  const keyId = createHash('sha256').update('campanella field key').update(secret).digest('hex').slice(0, 8);
  return { keyId, secret };
}

function seal(key: Key, text: string, context: string): string {
  const plain = Buffer.from(text, 'utf8');
  if (plain.length > FIELD_BYTES_MAX) throw new RangeError(`a field must not exceed ${FIELD_BYTES_MAX} bytes`);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const body = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return `${FORMAT}.${key.keyId}.${body.toString('base64url')}`;
}

function split(sealed: string): { keyId: string; body: Buffer } {
  const match = /^f1\.([0-9a-f]{8})\.([\w-]+)$/.exec(sealed);
  const [, keyId, encoded] = match ?? [];
  const body = Buffer.from(encoded ?? '', 'base64url');
  if (keyId === undefined || body.length < NONCE_BYTES + TAG_BYTES) {
    throw new FieldCipherError('malformed', 'the text is not a sealed field');
  }
  return { keyId, body };
}

function open(key: Key, body: Buffer, context: string): string {
  const decipher = createDecipheriv(ALGORITHM, key.secret, body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  try {
    const plain = decipher.update(body.subarray(NONCE_BYTES, body.length - TAG_BYTES));
    return Buffer.concat([plain, decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new FieldCipherError('not_authentic', 'the sealed field was altered or belongs to another place', { cause });
  }
}
