import { constants } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { TLSSocket } from 'node:tls';
import {
  counter,
  createHttpApp,
  type HttpServerOptions,
  httpServer,
  noteAccess,
  type Part,
} from '@campanella/service-kit';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { PresentedCertificate } from '../app/sign-in.ts';
import { networkOf } from '../domain/network.ts';
import { bodyGuard } from './body.ts';
import { type CardTlsFiles, readCardTls } from './card-tls.ts';
import { answerErrors } from './gateway-app.ts';
import { type GatewayDeps, sourceAddressOf } from './gateway-deps.ts';
import { framingGuard, securityHeaders, wireHeaders } from './guards.ts';
import { limitPerAddress } from './limits.ts';
import { GatewayRefusal, setHome } from './refusal.ts';

/** How often the files are looked at; a revoked card is refused this soon after its list arrived. */
const LOOK_EVERY_MS = 2_000;
/** The browser asks for the card and its PIN in the middle of the handshake. */
const HANDSHAKE_WITHIN_MS = 90_000;
const REQUEST_WITHIN_MS = 10_000;
const CONNECTIONS_MAX = 1_000;
const CONNECTIONS_PER_ADDRESS_MAX = 32;
/** The one address there is; a state is what identity makes, in base64url. */
const TARGET = /^\/login\/cns\/([1-9]\d{0,8})\?state=([\w-]{1,256})$/;

const cards = counter('campanella_gateway_cards_total', 'Cards shown in a TLS handshake, by what the handshake said', [
  'outcome',
]);

/** What the listener uses. */
export interface CnsListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly files: CardTlsFiles;
  readonly drainMs: number;
  readonly deps: Pick<GatewayDeps, 'logger' | 'scheme' | 'municipalityHosts' | 'signIn' | 'signInLimit'>;
}

/**
 * The TLS server that asks a browser for the certificate of a card (CNS, TS-CNS, CIE) and serves `GET /login/cns/:municipalityId?state=…`
 * and nothing else. What the handshake proved, and why it was not accepted, goes to identity by gRPC; no header of a request is read for
 * it. A refused card gets a page: the handshake itself lets every browser through.
 *
 * Every request has a handshake of its own: sessions are not resumed and connections not kept, so that a list of revocations holds from
 * the moment it is read. The files are read again when they change; while they cannot be used, the ones before stay in use, and a
 * revocation list past its next update refuses its cards.
 */
export function cnsListener(options: CnsListenerOptions): Part {
  const { deps, files, host, port, drainMs } = options;
  const { logger } = deps;
  const server = httpServer({ ...serverOptions(options), app: cnsApp(options), logger, host, port, drainMs });
  const paths = Object.values(files);
  const readAgain = async (): Promise<void> => {
    try {
      server.secure(await readCardTls(files));
      logger.info('certificates and revocation lists of the card listener were read again');
    } catch (error) {
      logger.error({ err: error }, 'the files of the card listener cannot be used; the ones before stay in use');
    }
  };
  // One after the other, so that what is read last is what stays.
  let reading = Promise.resolve();
  const look = () => {
    reading = reading.then(readAgain);
  };
  return {
    ...server,
    start: async () => {
      // From before the first reading: no change falls between the two.
      for (const path of paths) watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, look);
      server.secure(await readCardTls(files));
      await server.start();
    },
    stop: async () => {
      for (const path of paths) unwatchFile(path, look);
      await reading;
      await server.stop();
    },
  };
}

function serverOptions({ deps }: CnsListenerOptions): Omit<HttpServerOptions, 'app' | 'logger' | 'host' | 'port'> {
  return {
    portName: 'CNS_PORT',
    tls: {
      minVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_WITHIN_MS,
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    },
    headersWithinMs: REQUEST_WITHIN_MS,
    requestWithinMs: REQUEST_WITHIN_MS,
    connectionsMax: CONNECTIONS_MAX,
    connectionsPerAddressMax: CONNECTIONS_PER_ADDRESS_MAX,
    wireHeaders: wireHeaders(deps.scheme),
  };
}

function cnsApp({ deps, service }: CnsListenerOptions): Express {
  const app = createHttpApp({ logger: deps.logger, service, parseBody: false, accessLevel: 'info' });
  const homeOf = homesOf(deps);
  const onlyTarget: RequestHandler = (request, response, next) => {
    response.set({ 'Cache-Control': 'no-store', Connection: 'close' });
    noteAccess(response, { network: networkOf(request.ip ?? '') });
    const [home = ''] = homeOf.values();
    setHome(response, `${home}/`);
    if (request.method !== 'GET') throw new GatewayRefusal('method_not_allowed', { allow: ['GET'] });
    next();
  };
  app.use(securityHeaders(deps.scheme), onlyTarget, framingGuard, bodyGuard);
  app.get('/login/cns/:municipalityId', limitPerAddress(deps.signInLimit, 'closed'), (request, response) =>
    present(deps, homeOf, request, response),
  );
  app.use(() => {
    throw new GatewayRefusal('not_found');
  });
  app.use(answerErrors(deps));
  return app;
}

async function present(
  deps: CnsListenerOptions['deps'],
  homeOf: ReadonlyMap<number, string>,
  request: Request,
  response: Response,
): Promise<void> {
  const [, municipality = '', state = ''] = TARGET.exec(request.originalUrl) ?? [];
  const municipalityId = Number(municipality);
  const home = homeOf.get(municipalityId);
  if (home === undefined) throw new GatewayRefusal('not_found');
  setHome(response, `${home}/`);
  noteAccess(response, { municipalityId });
  const card = cardOf(request);
  cards.inc({ outcome: card.certificateDer.length === 0 ? 'none' : card.tlsError || 'accepted' });
  const answer = await deps.signIn.present({
    ...card,
    municipalityId,
    state,
    sourceAddress: sourceAddressOf(request),
  });
  if (answer.kind === 'failed') return response.redirect(303, `${home}/accedi?errore=${answer.failure}`);
  if (!isCallback(deps, municipalityId, answer.redirectUrl)) {
    throw new Error('identity sends a browser with a card to what is not our callback');
  }
  response.redirect(303, answer.redirectUrl);
}

/** What the handshake of this very connection proved. */
function cardOf({ socket }: Request): Pick<PresentedCertificate, 'certificateDer' | 'tlsError'> {
  if (!(socket instanceof TLSSocket)) throw new Error('a card was shown without TLS');
  // A resumed session would carry the certificate of an earlier handshake, checked against an earlier list.
  if (socket.isSessionReused()) throw new Error('a TLS session was resumed although none may be');
  const certificateDer = socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0);
  return { certificateDer, tlsError: socket.authorized ? '' : String(socket.authorizationError) };
}

/** The first host of every municipality, where a browser without a sign-in goes. */
function homesOf({ municipalityHosts, scheme }: CnsListenerOptions['deps']): ReadonlyMap<number, string> {
  const hosts = [...municipalityHosts].reverse();
  return new Map(hosts.map(([host, municipalityId]) => [municipalityId, `${scheme}://${host}`]));
}

function isCallback(
  { municipalityHosts, scheme }: CnsListenerOptions['deps'],
  municipalityId: number,
  redirectUrl: string,
): boolean {
  const url = URL.parse(redirectUrl);
  if (url === null || url.pathname !== '/login/callback') return false;
  return [...municipalityHosts].some(([host, id]) => id === municipalityId && url.origin === `${scheme}://${host}`);
}
