/**
 * Starts OpenTelemetry before anything else is loaded: `node --import @campanella/service-kit/telemetry src/main.ts`. Without
 * OTEL_EXPORTER_OTLP_ENDPOINT it loads nothing and costs nothing. With it, spans of HTTP, Express, gRPC, AMQP and
 * PostgreSQL go there over OTLP/HTTP, and the W3C trace headers travel with every hop. OTEL_SERVICE_NAME names the service.
 */
if (process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] !== undefined) {
  const { register } = await import('import-in-the-middle/register-hooks.mjs');
  // Hooks on the application's own thread: no second thread to wait for at each import.
  register();
  const { startTracing } = await import('./tracing.ts');
  startTracing();
}

export {};
