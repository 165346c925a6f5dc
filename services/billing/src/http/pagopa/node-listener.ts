import { readFile } from 'node:fs/promises';
import { TLSSocket } from 'node:tls';
import { createHttpApp, finishHttpApp, HttpRefusal, httpServer, type Part } from '@campanella/service-kit';
import type { RequestHandler } from 'express';
import { type NodeDeps, nodeRoutes } from './pa-for-node.ts';

/** Where the listener's key and the authorities of the node are. */
export interface NodeTls {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clientAuthoritiesFile: string;
  /** Common names that are the node's; empty: whoever the authorities signed. */
  readonly clientNames: readonly string[];
}

/**
 * Where the pagoPA node connects, and nobody else: by TLS with a client certificate of an authority that we were given, without it the handshake
 * fails. Null for plain HTTP, which the configuration allows on loopback only.
 */
export function nodeListener(options: {
  readonly host: string;
  readonly port: number;
  readonly tls: NodeTls | null;
  readonly deps: NodeDeps;
}): Part {
  const { host, port, tls, deps } = options;
  const app = createHttpApp({ logger: deps.logger, service: 'billing', parseBody: false });
  if (tls !== null) app.use(onlyNamed(tls.clientNames));
  app.use(nodeRoutes(deps));
  finishHttpApp(app);
  const server = httpServer({
    ...{ app, host, port, logger: deps.logger, portName: 'PAGOPA_PORT' },
    ...(tls === null ? {} : { tls: { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' } }),
  });
  return {
    ...server,
    name: 'pagopa-node-listener',
    async start() {
      if (tls !== null) server.secure(await readTls(tls));
      await server.start();
    },
  };
}

async function readTls({ certificateFile, keyFile, clientAuthoritiesFile }: NodeTls) {
  return {
    cert: await readFile(certificateFile),
    key: await readFile(keyFile),
    ca: await readFile(clientAuthoritiesFile),
  };
}

function onlyNamed(names: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const { socket } = request;
    const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
    const commonName = [subject?.CN].flat()[0];
    if (names.length > 0 && (commonName === undefined || !names.includes(commonName))) {
      throw new HttpRefusal(403, 'not_the_node', 'this certificate is not one of the node');
    }
    next();
  };
}
