import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { type IssuedCertificate, makeAuthority } from '@campanella/testkit';

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
  readonly card?: IssuedCertificate | undefined;
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
