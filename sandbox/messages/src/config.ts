import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';

/** What the stand-in reads from its environment. */
const Environment = z.object({
  LISTEN_HOST: serviceEnvironment.LISTEN_HOST,
  HTTP_PORT: serviceEnvironment.HTTP_PORT,
  OPS_PORT: serviceEnvironment.OPS_PORT,
  LOG_LEVEL: serviceEnvironment.LOG_LEVEL,
  STOP_WITHIN_MS: serviceEnvironment.STOP_WITHIN_MS,
  SMTP_PORT: serviceEnvironment.HTTP_PORT.unwrap().describe('SMTP, on LISTEN_HOST'),
  APP_IO_KEY: z.string().min(1).describe('Subscription key that senders show'),
});

/** Reads the environment. @throws ConfigurationError naming every fault */
export function config(environment: NodeJS.ProcessEnv): Readonly<z.output<typeof Environment>> {
  return readConfig(Environment, environment);
}
