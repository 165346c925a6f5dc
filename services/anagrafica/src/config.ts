import { openFieldCipher } from '@campanella/field-encryption';
import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';
import { openDocumentStore } from './document-store/open-document-store.ts';

/** Refuses a value that cannot be opened, with the reason. */
function openedBy(open: (value: string) => unknown) {
  return (value: string, context: z.RefinementCtx): void => {
    try {
      open(value);
    } catch (cause) {
      context.addIssue({ code: 'custom', message: cause instanceof Error ? cause.message : 'cannot be opened' });
    }
  };
}

/** What the process needs from its environment; the README's table says the same. */
export const environment = z.object({
  ...serviceEnvironment,
  DATABASE_URL: z.url().describe('PostgreSQL, the database of anagrafica'),
  AMQP_URL: z.url().describe('RabbitMQ, with its vhost'),
  IDENTITY_JWKS_URL: z.url().describe('Keys that sign the internal identity token'),
  FIELD_KEY: z
    .string()
    .superRefine(openedBy(openFieldCipher))
    .describe('Keys of 32 bytes in base64, by commas; the first seals diets, all open them'),
  DOCUMENT_STORE_URL: z
    .string()
    .superRefine(openedBy(openDocumentStore))
    .describe('Where the documents of the fascicolo are: file:///folder or s3://bucket?region=…[&endpoint=https://…]'),
});

export type Config = z.output<typeof environment>;

/** @throws ConfigurationError with every fault at once */
export function readAnagraficaConfig(from: NodeJS.ProcessEnv): Readonly<Config> {
  return readConfig(environment, from);
}
