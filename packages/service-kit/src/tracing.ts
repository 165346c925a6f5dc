import { AmqplibInstrumentation } from '@opentelemetry/instrumentation-amqplib';
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { beforeExit } from './before-exit.ts';

/** Query parameters of a sign-in: whoever reads a trace must not be able to use them. */
const SIGN_IN_PARAMETERS = ['code', 'state', 'iss', 'session_state', 'id_token_hint', 'code_challenge', 'nonce'];

/** Starts the SDK with the instrumentations of what we use; spans left over are sent before the process ends. */
export function startTracing(): void {
  const sdk = new NodeSDK({
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => url === '/live' || url === '/ready' || url === '/metrics',
        redactedQueryParams: SIGN_IN_PARAMETERS,
        redactedQueryParamsServer: SIGN_IN_PARAMETERS,
      }),
      // Our few middlewares take no time worth a span each.
      new ExpressInstrumentation({ ignoreLayersType: [ExpressLayerType.MIDDLEWARE, ExpressLayerType.ROUTER] }),
      new GrpcInstrumentation({ ignoreGrpcMethods: ['Check', 'Watch'] }),
      new AmqplibInstrumentation(),
      // A span per statement only below a request: relays poll all day.
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
  beforeExit(() => sdk.shutdown());
}
