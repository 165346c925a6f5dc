// @peculiar/x509 builds on it, and wants it loaded first.
import 'reflect-metadata';

import { readFile } from 'node:fs/promises';
import { accept, refuse } from '@campanella/vocabulary';
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Name,
  PemConverter,
  X509Certificate,
} from '@peculiar/x509';
import type { CardReader } from '../app/ports.ts';
import { type CardSubject, readCard } from '../domain/read-card.ts';

/** Attributes of a subject by their number; not all have a name in the library. */
const ATTRIBUTES = { country: 'C', commonName: 'CN', serialNumber: '2.5.4.5', givenName: 'G', surname: 'SN' } as const;

/**
 * Reads cards' certificates. The gateway's TLS handshake has proved that the browser holds the card's key and checked chain and revocation;
 * this looks again whether one of our own CAs issued it, so that a listener configured too widely lets nobody in.
 *
 * @param authorities certificates of the CAs whose cards are accepted
 */
export function cardReader(authorities: readonly X509Certificate[]): CardReader {
  return {
    read: async (certificateDer, now) => {
      const certificate = parse(certificateDer);
      if (certificate === null) return refuse({ kind: 'untrusted' });
      if (now < certificate.notBefore || now > certificate.notAfter) return refuse({ kind: 'expired' });
      if (!(await isIssuedByOne(certificate, authorities))) return refuse({ kind: 'untrusted' });
      if (!isForSignIn(certificate)) return refuse({ kind: 'not_for_sign_in' });
      const card = readCard(subjectOf(certificate.subjectName));
      return card.ok ? accept(card.value) : card;
    },
  };
}

/** Reads a file of certificates in PEM. @throws Error where it holds none */
export async function readAuthorities(file: string): Promise<readonly X509Certificate[]> {
  const authorities = PemConverter.decode(await readFile(file, 'utf8')).map((der) => new X509Certificate(der));
  if (authorities.length === 0) throw new Error(`${file} holds no certificate`);
  return authorities;
}

function parse(der: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(Uint8Array.from(der));
  } catch {
    return null;
  }
}

async function isIssuedByOne(certificate: X509Certificate, authorities: readonly X509Certificate[]): Promise<boolean> {
  for (const authority of authorities) {
    if (certificate.issuer !== authority.subject) continue;
    // Times were looked at before; the library would use the machine's clock.
    if (await certificate.verify({ publicKey: authority.publicKey, signatureOnly: true })) return true;
  }
  return false;
}

/** Key usage digital signature, and client authentication where the extended usage says anything (CNS profile). */
function isForSignIn(certificate: X509Certificate): boolean {
  const usage = certificate.getExtension(KeyUsagesExtension);
  const extended = certificate.getExtension(ExtendedKeyUsageExtension);
  const signs = usage !== null && (usage.usages & KeyUsageFlags.digitalSignature) !== 0;
  return signs && (extended === null || extended.usages.includes(ExtendedKeyUsage.clientAuth));
}

function subjectOf(name: Name): CardSubject {
  const first = (attribute: string) => name.getField(attribute)[0] ?? null;
  return {
    country: first(ATTRIBUTES.country),
    commonName: first(ATTRIBUTES.commonName),
    serialNumber: first(ATTRIBUTES.serialNumber),
    givenName: first(ATTRIBUTES.givenName),
    surname: first(ATTRIBUTES.surname),
  };
}
