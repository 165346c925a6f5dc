import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';

/** What the process needs from its environment; the README's table says the same. */
export const environment = z.object({
  ...serviceEnvironment,
  DATABASE_URL: z.url().describe('PostgreSQL, the database of the ledger'),
  REDIS_URL: z.url().describe('Redis of the hot state: no persistence needed, maxmemory-policy noeviction'),
  AMQP_URL: z.url().describe('RabbitMQ, with its vhost'),
  IDENTITY_JWKS_URL: z.url().describe('Keys that sign the internal identity token'),
});

/** @throws ConfigurationError with every fault at once */
export function readLedgerConfig(from: NodeJS.ProcessEnv): Readonly<z.output<typeof environment>> {
  return readConfig(environment, from);
}
