import { isIPv4, isIPv6 } from 'node:net';
import {
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type ClientUnaryCall,
  credentials,
  type Deadline,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { GRPC_MESSAGE_BYTES_MAX, REFUSAL_KIND } from './grpc-server.ts';

type ClientConstructor<Made extends Client> = new (
  address: string,
  credentials: ChannelCredentials,
  options?: Partial<ClientOptions>,
) => Made;

/**
 * Makes a client of one or several replicas; calls go round them. Keepalive notices a half-open line within 15 s, also between calls.
 *
 * @param addresses one `host:port`, whose every address is used (a headless service), or several `ip:port`
 * @throws RangeError for none, or for several of which one is a name
 */
export function grpcClient<Made extends Client>(
  Constructor: ClientConstructor<Made>,
  addresses: readonly string[],
  options: Partial<ClientOptions> = {},
): Made {
  const first = addresses[0];
  if (first === undefined) throw new RangeError('a client needs an address');
  return new Constructor(targetOf(first, addresses), credentials.createInsecure(), {
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5_000,
    'grpc.max_receive_message_length': GRPC_MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': GRPC_MESSAGE_BYTES_MAX,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    ...options,
  });
}

function targetOf(first: string, addresses: readonly string[]): string {
  if (addresses.length === 1) return first;
  for (const scheme of ['ipv4', 'ipv6'] as const) {
    const isIp = scheme === 'ipv4' ? isIPv4 : isIPv6;
    if (addresses.every((address) => isIp(address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, ''))))
      return `${scheme}:${addresses.join(',')}`;
  }
  throw new RangeError(
    'several addresses must be of one kind of IP: to use a name, give one that resolves to all replicas',
  );
}

/** The last overload that ts-proto makes for a unary method; a stream's returns something else. */
type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

type UnaryName<Made> = {
  [Name in keyof Made]: Made[Name] extends UnaryMethod<infer _Request, infer _Response> ? Name : never;
}[keyof Made];
type RequestOf<Method> = Method extends UnaryMethod<infer Request, infer _Response> ? Request : never;
type ResponseOf<Method> = Method extends UnaryMethod<infer _Request, infer Response> ? Response : never;

/** How a call is made. */
export interface CallUnaryOptions {
  readonly deadlineMs: number;
  readonly metadata?: Metadata;
  /** The call that this one is part of: its own deadline holds too, so that nobody works for a caller that has gone. */
  readonly within?: { getDeadline(): Deadline };
}

/**
 * Calls a unary method and waits for its answer, at most `deadlineMs`.
 *
 * @throws ServiceError of grpc-js: its `code` is the status, {@link refusalKindOf} its refusal
 */
export function callUnary<Made extends Client, Name extends UnaryName<Made>>(
  client: Made,
  method: Name,
  request: RequestOf<Made[Name]>,
  options: CallUnaryOptions,
): Promise<ResponseOf<Made[Name]>> {
  return new Promise((resolve, reject) => {
    // The generated method is overloaded and generic here: the signature was checked on this function's own parameters.
    const call = client[method] as UnaryMethod<RequestOf<Made[Name]>, ResponseOf<Made[Name]>>;
    const outer = options.within === undefined ? Number.POSITIVE_INFINITY : Number(options.within.getDeadline());
    const callOptions = { deadline: Math.min(Date.now() + options.deadlineMs, outer) };
    call.call(client, request, options.metadata ?? new Metadata(), callOptions, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

/** The kind of refusal that a failed call carries; null for a fault. */
export function refusalKindOf(cause: unknown): string | null {
  if (!isServiceError(cause)) return null;
  const [kind] = cause.metadata.get(REFUSAL_KIND);
  return kind === undefined ? null : String(kind);
}

/** Says whether what a call threw is a status of gRPC. */
export function isServiceError(cause: unknown): cause is ServiceError {
  return cause instanceof Error && 'code' in cause && 'metadata' in cause && typeof cause.code === 'number';
}

/** Says whether a call failed in a way that the same call may heal: nobody there, or too late. */
export function isUnavailable(cause: unknown): boolean {
  return isServiceError(cause) && (cause.code === status.UNAVAILABLE || cause.code === status.DEADLINE_EXCEEDED);
}
