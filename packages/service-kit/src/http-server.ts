import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { Express } from 'express';
import type { Part } from './lifecycle.ts';
import { listen } from './listen.ts';
import type { Logger } from './logger.ts';
import { counter } from './metrics.ts';

const REQUEST_WITHIN_MS = 15_000;
const HEADERS_WITHIN_MS = 10_000;
const HEADER_BYTES_MAX = 16 * 1024;
const SLOW_CLIENTS_CUT_EVERY_MS = 2_000;
const KEPT_ALIVE_MS = 65_000;
/** A connection on which nothing moves for so long is cut, also one whose client does not read its answer. */
const SILENT_MS_MAX = 60_000;
/** A refused client may go on sending for so long: closing at once would reset the connection, and it would never read why. */
const LINGER_MS = 1_000;
/** How long requests under way may take to end when the server stops. */
const DRAIN_MS = 2_000;

/** What is wrong with bytes that never became a request, or not in time. */
export interface WireRefusal {
  readonly status: 400 | 405 | 408 | 413 | 429 | 431;
  readonly kind: 'malformed' | 'method_not_allowed' | 'too_slow' | 'too_large' | 'too_many_connections';
  readonly title: string;
}

const MALFORMED: WireRefusal = { status: 400, kind: 'malformed', title: 'La richiesta non è leggibile' };
const NO_TUNNELS: WireRefusal = {
  status: 405,
  kind: 'method_not_allowed',
  title: 'Operazione non prevista a questo indirizzo',
};
const CROWDED: WireRefusal = {
  status: 429,
  kind: 'too_many_connections',
  title: 'Troppi collegamenti aperti: riprovare tra qualche minuto',
};
const BY_CODE: Readonly<Record<string, WireRefusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, kind: 'too_large', title: 'Le intestazioni della richiesta sono troppo grandi' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, kind: 'too_large', title: 'La richiesta è troppo grande' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, kind: 'too_slow', title: 'La richiesta non è arrivata in tempo' },
};
const REASONS: Readonly<Record<WireRefusal['status'], string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
};

const wireRefusals = counter(
  'campanella_http_server_wire_refusals_total',
  'Connections refused before there was a request, by kind',
  ['kind'],
);

/** How an HTTP server is set up; times and sizes have defaults that fit a service behind the gateway. */
export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly app: Express;
  readonly logger: Logger;
  readonly headersWithinMs?: number;
  readonly requestWithinMs?: number;
  /** A connection on which nothing moves for so long is cut. */
  readonly silentMsMax?: number;
  /** How long requests under way may take to end when the server stops. */
  readonly drainMs?: number;
  /** Connections at once; those beyond are closed at once. */
  readonly connectionsMax?: number;
  /** Connections at once from one address; those beyond are told so and closed. */
  readonly connectionsPerAddressMax?: number;
  /** Headers of the answers to what never became a request. */
  readonly wireHeaders?: Readonly<Record<string, string>>;
  /** The server speaks TLS itself, with certificates that {@link HttpServer.secure} gives it before it starts. */
  readonly tls?: TlsOptions;
  /** The name of its port, in messages. */
  readonly portName?: string;
}

/** A server that listens while its part runs. */
export interface HttpServer extends Part {
  readonly address: string;
  /** Uses other keys, certificates and revocation lists for handshakes from now on. @throws Error where TLS cannot use them */
  secure(context: SecureContextOptions): void;
}

/**
 * Serves an application with bounded times, sizes and numbers of connections, so that a slow client cannot hold a socket for ever. What
 * Node's parser refuses (broken or ambiguous framing, oversized headers, too slow) is answered as problem details too, and its
 * connection is closed: nobody knows where a next request would begin. A stop refuses new connections at once, lets requests under way
 * end and closes each connection after its answer.
 */
export function httpServer(options: HttpServerOptions): HttpServer {
  const {
    app,
    logger,
    tls,
    portName = 'HTTP_PORT',
    drainMs = DRAIN_MS,
    connectionsPerAddressMax = Number.POSITIVE_INFINITY,
  } = options;
  // What each connection's last request is answered with; null when it has been. The entry lives as long as the connection: one set and deleted
  // with each request would keep every answer alive for the collector of old objects, which was a fifth of the gateway's time.
  const answering = new Map<Duplex, ServerResponse | null>();
  const refused = new WeakSet<Duplex>();
  let isStopping = false;
  let address = '';
  const settings = {
    requestTimeout: options.requestWithinMs ?? REQUEST_WITHIN_MS,
    headersTimeout: Math.min(
      options.headersWithinMs ?? HEADERS_WITHIN_MS,
      options.requestWithinMs ?? REQUEST_WITHIN_MS,
    ),
    keepAliveTimeout: KEPT_ALIVE_MS,
    connectionsCheckingInterval: SLOW_CLIENTS_CUT_EVERY_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    // The application answers a request without a Host itself: Node's own answer would be an empty page.
    requireHostHeader: false,
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (!answering.has(socket)) socket.once('close', () => answering.delete(socket));
    answering.set(socket, response);
    response.once('close', () => {
      if (answering.get(socket) === response) answering.set(socket, null);
      if (isStopping) socket.end();
    });
    response.once('finish', () => {
      if (!request.complete) cutUnlessComplete(request);
    });
    app(request, response);
  };
  // Whoever was answered before the whole request was here may not send on for ever, and gets no second answer.
  const cutUnlessComplete = (request: IncomingMessage) => {
    const { socket } = request;
    refused.add(socket);
    const look = setTimeout(() => {
      if (request.complete) refused.delete(socket);
      else socket.destroy();
    }, LINGER_MS).unref();
    socket.once('close', () => clearTimeout(look));
  };
  const tlsServer = tls === undefined ? undefined : createTlsServer({ ...settings, ...tls }, handle);
  const server = tlsServer ?? createServer(settings, handle);
  // Node would drop what is beyond its own maximum silently; the bytes are bounded above, and the application may count.
  server.maxHeadersCount = 0;
  server.setTimeout(options.silentMsMax ?? SILENT_MS_MAX);
  if (options.connectionsMax !== undefined) server.maxConnections = options.connectionsMax;

  const refuse = (socket: Duplex, refusal: WireRefusal) => {
    // What it still sends is read and dropped; each piece of it comes here again.
    if (refused.has(socket)) return;
    refused.add(socket);
    wireRefusals.inc({ kind: refusal.kind });
    logger.info({ status: refusal.status, kind: refusal.kind }, 'connection refused');
    const response = answering.get(socket);
    if (!socket.writable || response?.headersSent === true) socket.destroy();
    else closeWith(socket, wireAnswer(refusal, options.wireHeaders ?? {}));
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') socket.destroy();
    else refuse(socket, BY_CODE[error.code ?? ''] ?? MALFORMED);
  });
  server.on('connect', (_request: IncomingMessage, socket) => refuse(socket, NO_TUNNELS));
  const countOf = new Map<string, number>();
  // Kept here, since Node counts a connection that is silent or in its handshake as one at work. By peer: a request knows the TLS socket only.
  const open = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? '';
    const count = (countOf.get(from) ?? 0) + 1;
    countOf.set(from, count);
    const peer = peerOf(socket);
    open.set(peer, socket);
    socket.once('close', () => {
      open.delete(peer);
      const left = (countOf.get(from) ?? 1) - 1;
      if (left === 0) countOf.delete(from);
      else countOf.set(from, left);
    });
    if (count <= connectionsPerAddressMax) return;
    // Before the handshake nothing can be said that a browser would understand.
    if (tls === undefined) refuse(socket, CROWDED);
    else socket.destroy();
  });
  return {
    name: portName === 'HTTP_PORT' ? 'http-server' : `http-server ${portName}`,
    secure: (context) => tlsServer?.setSecureContext({ ...tls, ...context }),
    get address() {
      return address;
    },
    onBroken(report) {
      // A port that is taken is told by the start; what comes later ends the service.
      server.once('listening', () => server.on('error', report));
    },
    async start() {
      address = await listen(server, { name: portName, host: options.host, port: options.port });
    },
    async stop() {
      isStopping = true;
      const closed = new Promise((resolve) => server.close(resolve));
      const atWork = new Set<string>();
      for (const response of answering.values()) {
        if (response === null) continue;
        if (response.socket !== null) atWork.add(peerOf(response.socket));
        if (!response.headersSent) response.setHeader('connection', 'close');
      }
      for (const [peer, socket] of open) if (!atWork.has(peer)) socket.destroy();
      const cut = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function closeWith(socket: Duplex, answer: string): void {
  const cut = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(cut));
  socket.end(answer);
  socket.resume();
}

function wireAnswer({ status, kind, title }: WireRefusal, more: Readonly<Record<string, string>>): string {
  const body = JSON.stringify({ type: 'about:blank', title, status, kind });
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    connection: 'close',
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${REASONS[status]}`, `date: ${new Date().toUTCString()}`, ...lines, '', body].join(
    '\r\n',
  );
}
