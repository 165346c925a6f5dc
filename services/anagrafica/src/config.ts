import { openFieldCipher } from '@campanella/field-encryption';
import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';

/** What the process needs from its environment; the README's table says the same. */
export const environment = z.object({
  ...serviceEnvironment,
  DATABASE_URL: z.url().describe('PostgreSQL, the database of anagrafica'),
  AMQP_URL: z.url().describe('RabbitMQ, with its vhost'),
  IDENTITY_JWKS_URL: z.url().describe('Keys that sign the internal identity token'),
  FIELD_KEY: z
    .string()
    .superRefine((keys, context) => {
      try {
        openFieldCipher(keys);
      } catch (cause) {
        context.addIssue({ code: 'custom', message: cause instanceof Error ? cause.message : 'not a field key' });
      }
    })
    .describe('Keys of 32 bytes in base64, by commas; the first seals diets, all open them'),
});

export type Config = z.output<typeof environment>;

/** @throws ConfigurationError with every fault at once */
export function readAnagraficaConfig(from: NodeJS.ProcessEnv): Readonly<Config> {
  return readConfig(environment, from);
}
