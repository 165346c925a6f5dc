// @peculiar/x509 builds on it, and wants it loaded first.
import 'reflect-metadata';

import { randomBytes } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const DAY_MS = 86_400_000;
const CA_DAYS = 3_650;
const CARD_DAYS = 365 * 6;
/** Browsers refuse a server's certificate that lives longer than 398 days. */
const SERVER_DAYS = 390;
const LIST_DAYS = 390;

/** A certificate and its private key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
  readonly serialNumber: string;
}

/** What a card's certificate says. */
export interface CardForm {
  /** Attributes of the subject, in their order; text by name, e.g. `CN`. */
  readonly subject: readonly Readonly<Record<string, string>>[];
  /** Ended yesterday. */
  readonly isExpired?: boolean;
  /** For encryption only: a card has such a certificate too, and people choose the wrong one. */
  readonly isNotForSignIn?: boolean;
}

/** An invented authority that issues cards. */
export interface CardAuthority {
  readonly certificate: string;
  card(form: CardForm): Promise<KeyPair>;
  /** The certificate of the listener that asks for cards. @param host a name or an address */
  server(host: string): Promise<KeyPair>;
  /** The list of revoked cards. */
  revoked(serialNumbers: readonly string[]): Promise<string>;
}

const now = () => new Date();
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const makeKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const makeSerial = () => `00${randomBytes(8).toString('hex')}`;
const nameOf = (subject: CardForm['subject']) =>
  subject.map((part) => Object.fromEntries(Object.entries(part).map(([name, text]) => [name, [text]])));

/** Makes an authority with a key of its own. @param name its common name */
export async function makeAuthority(name: string): Promise<CardAuthority> {
  const keys = await makeKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: makeSerial(),
    name: nameOf([{ C: 'IT' }, { O: 'Regione Finta' }, { CN: name }]),
    notBefore: inDays(-1),
    notAfter: inDays(CA_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const issue = async (
    subject: CardForm['subject'],
    days: { readonly from: number; readonly until: number },
    extensions: readonly (KeyUsagesExtension | ExtendedKeyUsageExtension | SubjectAlternativeNameExtension)[],
  ): Promise<KeyPair> => {
    const own = await makeKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: makeSerial(),
      subject: nameOf(subject),
      issuer: root.subjectName,
      notBefore: inDays(days.from),
      notAfter: inDays(days.until),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [...extensions],
    });
    return {
      certificate: pem('CERTIFICATE', certificate.rawData),
      key: pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', own.privateKey)),
      serialNumber: certificate.serialNumber,
    };
  };
  return {
    certificate: pem('CERTIFICATE', root.rawData),
    card: ({ subject, isExpired = false, isNotForSignIn = false }) =>
      issue(subject, isExpired ? { from: -CARD_DAYS, until: -1 } : { from: -1, until: CARD_DAYS }, [
        new KeyUsagesExtension(isNotForSignIn ? KeyUsageFlags.keyEncipherment : KeyUsageFlags.digitalSignature, true),
        // Also on the wrong one: a browser offers it, and identity is who refuses it.
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      ]),
    server: (host) =>
      issue([{ C: 'IT' }, { CN: host }], { from: -1, until: SERVER_DAYS }, [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([{ type: /^[\d.:]+$/.test(host) ? 'ip' : 'dns', value: host }]),
      ]),
    revoked: async (serialNumbers) => {
      const list = await X509CrlGenerator.create({
        issuer: root.subjectName,
        thisUpdate: inDays(-1),
        nextUpdate: inDays(LIST_DAYS),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
        entries: serialNumbers.map((serialNumber) => ({ serialNumber, revocationDate: now() })),
      });
      return pem('X509 CRL', list.rawData);
    },
  };
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
