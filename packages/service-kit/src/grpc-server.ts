import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { grpcCalls } from './grpc-calls.ts';
import type { Part } from './lifecycle.ts';
import { portFault } from './listen.ts';
import type { Logger } from './logger.ts';

/** Largest message taken or sent; lists are paged well below. */
export const GRPC_MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Most calls and streams of one connection at a time. */
const STREAMS_MAX = 1_000;
/** Longest that calls under way hold up a stop. */
const DRAIN_MS = 5_000;
/** Trailer that carries the kind of a refusal, so that a caller can tell one "no" from another. */
export const REFUSAL_KIND = 'refusal-kind';

/** A refusal on its way to a gRPC caller: its kind and a sentence that says what to do. */
export class GrpcRefusal extends Error {
  readonly code: status;
  readonly kind: string;
  constructor(code: status, kind: string, message: string) {
    super(message);
    this.code = code;
    this.kind = kind;
  }
}

/** The status that a caller sees: a refusal keeps its kind and text, anything unknown crosses as "internal" without its text. */
export function toGrpcStatus(cause: unknown): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  if (!(cause instanceof GrpcRefusal)) return { code: status.INTERNAL, details: 'internal', metadata };
  metadata.set(REFUSAL_KIND, cause.kind);
  return { code: cause.code, details: cause.message, metadata };
}

/** Makes a handler of an async function: what it throws becomes the status of {@link toGrpcStatus}, faults are logged. */
export function unaryHandler<Request, Response>(
  answer: (request: Request, call: ServerUnaryCall<Request, Response>) => Promise<Response>,
  logger?: Logger,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
    answer(call.request, call).then(
      (response) => callback(null, response),
      (cause: unknown) => {
        if (!(cause instanceof GrpcRefusal)) logger?.error({ err: cause, method: call.getPath() }, 'call failed');
        const { code, details, metadata } = toGrpcStatus(cause);
        callback({ code, details, metadata });
      },
    );
  };
}

export interface GrpcServerOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  readonly services: readonly {
    readonly definition: ServiceDefinition;
    readonly implementation: UntypedServiceImplementation;
  }[];
  /** Called when the server begins to stop, before streams are waited for: tell long streams to go elsewhere. */
  readonly onDrain?: () => void;
}

/**
 * Serves gRPC with health checks (grpc.health.v1), keepalive, bounded messages, a deadline for every unary call, and metrics.
 *
 * Stopping says NOT_SERVING, takes no new call, lets unary calls end, gives streams half a second to go elsewhere by themselves before they are
 * ended with UNAVAILABLE, and after 5 s cuts what is left.
 */
export function grpcServer(options: GrpcServerOptions): Part & { readonly address: string } {
  const health = new HealthImplementation({ '': 'SERVING' });
  const calls = grpcCalls(options.logger);
  const server = new Server({
    'grpc.max_receive_message_length': GRPC_MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': GRPC_MESSAGE_BYTES_MAX,
    'grpc.max_concurrent_streams': STREAMS_MAX,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.http2.min_time_between_pings_ms': 5_000,
    'grpc-node.max_session_memory': 64,
    interceptors: [calls.interceptor],
  });
  for (const { definition, implementation } of options.services) server.addService(definition, implementation);
  health.addToServer(server);
  let address = '';
  return {
    name: 'grpc-server',
    get address() {
      return address;
    },
    start: () =>
      new Promise((resolve, reject) => {
        const { host, port } = options;
        server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (cause, bound) => {
          if (cause !== null) return reject(portFault('GRPC_PORT', host, port, cause));
          address = `${host}:${bound}`;
          resolve();
        });
      }),
    async stop() {
      health.setStatus('', 'NOT_SERVING');
      options.onDrain?.();
      const ended = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      const cut = setTimeout(() => server.forceShutdown(), DRAIN_MS);
      await Promise.race([calls.drain(), ended]);
      await ended;
      clearTimeout(cut);
    },
  };
}
