import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';

/** Where the card listener's keys, authorities and revocation lists are. */
export interface CardTlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
  readonly revocations: string;
}

/**
 * Reads what a handshake with a card needs. Node takes the first revocation list of a text only, and without any it would check none: they
 * are told apart here, and a file that holds none, or a torn one, is no such file.
 *
 * @throws Error where a file cannot be read, or is not whole
 */
export async function readCardTls(files: CardTlsFiles): Promise<SecureContextOptions> {
  const [cert, key, ca, crl] = await Promise.all([
    readFile(files.certificate),
    readFile(files.key),
    readBlocks(files.authorities, 'CERTIFICATE'),
    readBlocks(files.revocations, 'X509 CRL'),
  ]);
  return { cert, key, ca, crl };
}

async function readBlocks(path: string, label: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  const blocks = text.match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')) ?? [];
  const begun = text.split(`-----BEGIN ${label}-----`).length - 1;
  if (blocks.length === 0 || blocks.length !== begun) throw new Error(`${path} holds no whole ${label} in PEM`);
  return blocks;
}
