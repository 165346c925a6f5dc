import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';

const addresses = z
  .string()
  .min(1)
  .transform((text) => text.split(',').map((address) => address.trim()));

/** What the process needs from its environment; the README's table says the same. */
export const environment = z.object({
  ...serviceEnvironment,
  DATABASE_URL: z.url().describe('PostgreSQL, the database of attendance'),
  AMQP_URL: z.url().describe('RabbitMQ, with its vhost'),
  IDENTITY_JWKS_URL: z.url().describe('Keys that sign the internal identity token'),
  ANAGRAFICA_ADDRESS: addresses.describe('gRPC of anagrafica, host:port, several by commas'),
  LEDGER_ADDRESSES: addresses.describe('gRPC of the ledger, host:port, several by commas'),
  FIELD_KEY: z.string().min(1).describe('Keys of 32 bytes in base64, by commas; the first seals diets, all open them'),
  BOOKING_EVERY_MS: z.coerce
    .number()
    .int()
    .min(50)
    .default(60_000)
    .describe('Wait between looks for booked meals whose cut-off has passed'),
  AVAILABILITY_PROBE_URL: z
    .url()
    .optional()
    .describe(
      'A public address of the platform; while it does not answer, guardians count as unable to communicate absences',
    ),
  DIRECTORY_PULL_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(60_000)
    .describe('Wait between looks at anagrafica for changes that no event told'),
  DIRECTORY_REFRESH_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1_000)
    .describe('Wait between looks at what another replica stored: directory and disabled terminals'),
});

export type Config = z.output<typeof environment>;

/** @throws ConfigurationError with every fault at once */
export function readAttendanceConfig(from: NodeJS.ProcessEnv): Readonly<Config> {
  return readConfig(environment, from);
}
