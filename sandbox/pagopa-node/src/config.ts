import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';

/** What the stand-in reads from its environment. */
export const Environment = z.object({
  LISTEN_HOST: serviceEnvironment.LISTEN_HOST,
  HTTP_PORT: serviceEnvironment.HTTP_PORT,
  OPS_PORT: serviceEnvironment.OPS_PORT,
  LOG_LEVEL: serviceEnvironment.LOG_LEVEL,
  STOP_WITHIN_MS: serviceEnvironment.STOP_WITHIN_MS,
  CONTROL_PORT: serviceEnvironment.HTTP_PORT.unwrap().describe('The control API, on LISTEN_HOST'),
  STATION_URL: z.url().describe("The creditor's endpoint for the node, e.g. billing's /pagopa/pa-for-node"),
  BROKER_ID: z.string().min(1).max(35).describe("The creditor's intermediary"),
  STATION_ID: z.string().min(1).max(35).describe('Its station'),
  CHECKOUT_KEY: z.string().min(1).describe('Subscription key that creditors show'),
  RECEIPT_RETRY_MS: z.coerce
    .number()
    .int()
    .min(10)
    .max(3_600_000)
    .default(5_000)
    .describe('Wait before a receipt that was not taken is sent again; an hour in reality'),
});

/** The configuration, complete and frozen. */
export type Config = Readonly<z.output<typeof Environment>>;

/** Reads the environment. @throws ConfigurationError naming every fault */
export function config(environment: NodeJS.ProcessEnv): Config {
  return readConfig(Environment, environment);
}
