import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Made at the first start of a folder and kept with its data. */
export interface Secrets {
  readonly storePassword: string;
  readonly fieldKey: string;
  readonly personHashKey: string;
  readonly checkoutKey: string;
}

export function keepSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  const kept: Partial<Secrets> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  // A folder of an earlier version may lack one.
  const secrets: Secrets = {
    storePassword: randomBytes(18).toString('hex'),
    fieldKey: randomBytes(32).toString('base64'),
    personHashKey: randomBytes(32).toString('base64'),
    checkoutKey: randomBytes(18).toString('hex'),
    ...kept,
  };
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}
