// What @peculiar/x509 is built with asks for it before anything else.
import 'reflect-metadata';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion, TLSSocket } from 'node:tls';
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

/** A certificate and its key, as a card keeps them. */
export interface Card {
  readonly cert: string;
  readonly key: string;
  readonly der: Buffer;
  readonly serialNumber: string;
}

/** What a certificate says; what is left out is as on a good card. */
export interface CardWishes {
  readonly commonName?: string;
  readonly validFromDays?: number;
  readonly validDays?: number;
  readonly usage?: 'clientAuth' | 'serverAuth';
}

/** An authority of the test's own. */
export interface Authority {
  readonly pem: string;
  issue(wishes?: CardWishes): Promise<Card>;
  /** Its revocation list. @param validDays below 0: its next update is over */
  revoke(cards: readonly Card[], validDays?: number): Promise<string>;
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
    revoke: async (cards, validDays = 30) => {
      const list = await X509CrlGenerator.create({
        issuer: root.subjectName,
        thisUpdate: fromNow(-60),
        nextUpdate: fromNow(validDays),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
        entries: cards.map(({ serialNumber }) => ({ serialNumber, revocationDate: fromNow(-1) })),
      });
      return pemOf('X509 CRL', list.rawData);
    },
  };
}

/** The listener's files, in a folder of the test's own. */
export interface ListenerFiles {
  /** For the gateway's environment. */
  readonly environment: Record<string, string>;
  /** What the listener shows, for a client to trust. */
  readonly serverAuthority: string;
  /** Replaces a file as a whole, as whoever fetches revocation lists does. */
  replace(name: 'ca.pem' | 'crl.pem' | 'server.pem' | 'server.key', text: string): Promise<void>;
  close(): Promise<void>;
}

/** Writes them. */
export async function writeListenerFiles(authorities: string, lists: string): Promise<ListenerFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'campanella-cards-'));
  const servers = await makeAuthority('Autorita dei server');
  const server = await servers.issue({ commonName: '127.0.0.1', usage: 'serverAuth' });
  const at = (name: string) => join(folder, name);
  const replace: ListenerFiles['replace'] = async (name, text) => {
    await writeFile(at(`${name}.new`), text);
    await rename(at(`${name}.new`), at(name));
  };
  await replace('server.pem', server.cert);
  await replace('server.key', server.key);
  await replace('ca.pem', authorities);
  await replace('crl.pem', lists);
  return {
    environment: {
      CNS_TLS_CERT_FILE: at('server.pem'),
      CNS_TLS_KEY_FILE: at('server.key'),
      CNS_CA_FILE: at('ca.pem'),
      CNS_CRL_FILE: at('crl.pem'),
    },
    serverAuthority: servers.pem,
    replace,
    close: () => rm(folder, { recursive: true }),
  };
}

/** A request by TLS. */
export interface CardAsk {
  readonly card?: Card | undefined;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly session?: Buffer | undefined;
  readonly version?: SecureVersion;
}

/** What came of it. */
export interface CardAnswer {
  readonly status: number;
  readonly location: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly isResumed: boolean;
  /** The last ticket of the connection, to resume it with. */
  readonly session: Buffer | undefined;
}

/** Shows a card, or none, in a real handshake, and asks for a path. */
export function showCard(files: ListenerFiles, port: number, path: string, ask: CardAsk = {}): Promise<CardAnswer> {
  return new Promise((resolve, reject) => {
    let session: Buffer | undefined;
    let isResumed = false;
    const outgoing = request({
      ...{ host: '127.0.0.1', port, path, agent: false, ca: files.serverAuthority, session: ask.session },
      ...(ask.card === undefined ? {} : { cert: ask.card.cert, key: ask.card.key }),
      ...(ask.version === undefined ? {} : { minVersion: ask.version, maxVersion: ask.version }),
      ...{ method: ask.method ?? 'GET', headers: ask.headers ?? {} },
    });
    outgoing.on('socket', (socket) => {
      const tls = socket as TLSSocket;
      tls.on('session', (ticket) => {
        session = ticket;
      });
      tls.once('secureConnect', () => {
        isResumed = tls.isSessionReused();
        session = tls.getSession() ?? session;
      });
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { statusCode: status = 0, headers } = incoming;
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status, headers, text, location: headers.location ?? '', isResumed, session });
      });
    });
    outgoing.end();
  });
}
