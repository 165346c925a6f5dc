// What @peculiar/x509 is built with asks for it before anything else.
import 'reflect-metadata';
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

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const fromNow = (days: number) => new Date(Date.now() + days * DAY_MS);
const makeKeys = async () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const pemOf = (label: string, der: ArrayBuffer) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

/** A certificate and its key, as a client or a server shows them. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly der: Buffer;
  readonly serialNumber: string;
}

/** What a certificate says; what is left out is as on a good one. */
export interface CertificateWishes {
  readonly commonName?: string;
  readonly validFromDays?: number;
  readonly validDays?: number;
  readonly usage?: 'clientAuth' | 'serverAuth';
}

/** An authority of the test's own. */
export interface Authority {
  readonly pem: string;
  issue(wishes?: CertificateWishes): Promise<IssuedCertificate>;
  /** Its revocation list. @param validDays below 0: its next update is over */
  revoke(certificates: readonly IssuedCertificate[], validDays?: number): Promise<string>;
}

/** Makes an authority. */
export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await makeKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: [{ C: ['IT'] }, { CN: [name] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: fromNow(-400),
    notAfter: fromNow(400),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    pem: root.toString('pem'),
    issue: async (wishes = {}) => {
      const own = await makeKeys();
      const { commonName = 'SMPRRA86C54H501M/6090000000000001.abc', usage = 'clientAuth' } = wishes;
      const certificate = await X509CertificateGenerator.create({
        subject: [{ C: ['IT'] }, { CN: [commonName] }],
        issuer: root.subjectName,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        notBefore: fromNow(wishes.validFromDays ?? -30),
        notAfter: fromNow(wishes.validDays ?? 30),
        extensions: [
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage[usage]]),
          new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
        ],
      });
      return {
        cert: certificate.toString('pem'),
        key: pemOf('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', own.privateKey)),
        der: Buffer.from(certificate.rawData),
        serialNumber: certificate.serialNumber,
      };
    },
    revoke: async (certificates, validDays = 30) => {
      const list = await X509CrlGenerator.create({
        issuer: root.subjectName,
        thisUpdate: fromNow(-60),
        nextUpdate: fromNow(validDays),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
        entries: certificates.map(({ serialNumber }) => ({ serialNumber, revocationDate: fromNow(-1) })),
      });
      return pemOf('X509 CRL', list.rawData);
    },
  };
}
