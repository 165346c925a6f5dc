import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { Logger } from './logger.ts';
import { gauge, histogram } from './metrics.ts';

/** Longest a unary call without a deadline of its caller's may take. */
export const DEFAULT_DEADLINE_MS = 15_000;
/** How long streams may take to go elsewhere by themselves when a server stops. */
const STREAMS_GO_WITHIN_MS = 500;

const callSeconds = histogram('campanella_grpc_server_seconds', 'Time of a gRPC call, by method and status', [
  'method',
  'status',
]);
const callsOpen = gauge('campanella_grpc_server_open', 'gRPC calls and streams under way, by method', ['method']);

interface OpenCall {
  readonly isStream: boolean;
  end(code: status, details: string): void;
}

/** What a gRPC server has under way. */
export interface GrpcCalls {
  readonly interceptor: ServerInterceptor;
  /** Resolves when no call is left; streams that do not go elsewhere by themselves are ended with UNAVAILABLE. */
  drain(): Promise<void>;
}

/**
 * Watches every call of a server: measures it, gives a unary one a deadline where its caller set none, and lets nothing that a handler
 * threw past it: text that nobody wrote for callers stays here.
 */
export function grpcCalls(logger: Logger): GrpcCalls {
  const open = new Set<OpenCall>();
  let announceEmpty = () => {};

  const interceptor: ServerInterceptor = (method, call) => {
    const labels = { method: method.path };
    const stopTimer = callSeconds.startTimer(labels);
    callsOpen.inc(labels);
    const isLate = () => Number(call.getDeadline()) <= Date.now();
    let late: NodeJS.Timeout | undefined;
    const finish = (code: status) => {
      if (!open.delete(entry)) return;
      clearTimeout(late);
      callsOpen.dec(labels);
      stopTimer({ status: status[code] });
      if (open.size === 0) announceEmpty();
    };
    const watched = new ServerInterceptingCall(call, {
      // Said after a status too: only the first word counts.
      start: (next) => next({ onCancel: () => finish(isLate() ? status.DEADLINE_EXCEEDED : status.CANCELLED) }),
      sendStatus(result, next) {
        const code = result.code ?? status.UNKNOWN;
        finish(code);
        if (code !== status.UNKNOWN) return next(result);
        // grpc-js answers UNKNOWN with the message of what a handler threw.
        logger.error({ method: method.path, reason: result.details }, 'a handler failed');
        next({ ...result, code: status.INTERNAL, details: 'internal' });
      },
    });
    const entry: OpenCall = {
      isStream: method.requestStream || method.responseStream,
      end: (code, details) => watched.sendStatus({ code, details }),
    };
    open.add(entry);
    if (!entry.isStream && call.getDeadline() === Number.POSITIVE_INFINITY) {
      late = setTimeout(() => entry.end(status.DEADLINE_EXCEEDED, 'no answer in time'), DEFAULT_DEADLINE_MS);
    }
    return watched;
  };

  return {
    interceptor,
    async drain() {
      const empty = new Promise<void>((resolve) => {
        announceEmpty = resolve;
      });
      if (open.size === 0) return;
      const cut = setTimeout(() => {
        for (const call of open) if (call.isStream) call.end(status.UNAVAILABLE, 'this replica stops: go to another');
      }, STREAMS_GO_WITHIN_MS);
      await empty;
      clearTimeout(cut);
    },
  };
}
