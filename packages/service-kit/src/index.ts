export { describeApi, writeApiDescription } from './api-description.ts';
export { ConfigurationError, configurationTable, readConfig, serviceEnvironment } from './config.ts';
export { DEFAULT_DEADLINE_MS } from './grpc-calls.ts';
export {
  type CallUnaryOptions,
  callUnary,
  grpcClient,
  isServiceError,
  isUnavailable,
  refusalKindOf,
} from './grpc-client.ts';
export { GRPC_MESSAGE_BYTES_MAX, GrpcRefusal, grpcServer, toGrpcStatus, unaryHandler } from './grpc-server.ts';
export {
  type AccessFacts,
  createHttpApp,
  finishHttpApp,
  HttpRefusal,
  malformed,
  noteAccess,
  notFound,
  sendProblem,
  unavailable,
} from './http-app.ts';
export { type HttpServer, type HttpServerOptions, httpServer } from './http-server.ts';
export {
  IDENTITY_AUDIENCE,
  IDENTITY_ISSUER,
  IDENTITY_TOKEN_MAX_AGE_S,
  type Identity,
  identityOf,
  requireIdentity,
} from './identity.ts';
export { type Part, runMain, runService, type ServiceOptions } from './lifecycle.ts';
export { createLogger, type Logger, turnByTurn } from './logger.ts';
export { counter, gauge, histogram, LATENCY_BUCKETS, registry } from './metrics.ts';
export { type WorkLoop, workLoop } from './work-loop.ts';
