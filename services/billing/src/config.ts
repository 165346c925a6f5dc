import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { cents, serviceDate } from '@campanella/vocabulary';
import { z } from 'zod';
import type { Law } from './domain/law.ts';

const addresses = z
  .string()
  .min(1)
  .transform((text) => text.split(',').map((address) => address.trim()));

const file = z.string().min(1).optional();
const TLS_FILES = ['PAGOPA_TLS_CERT_FILE', 'PAGOPA_TLS_KEY_FILE', 'PAGOPA_TLS_CLIENT_CA_FILE'] as const;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/** What the process needs from its environment; the README's table says the same. */
export const environment = z
  .object({
    ...serviceEnvironment,
    DATABASE_URL: z.url().describe('PostgreSQL, the database of billing'),
    AMQP_URL: z.url().describe('RabbitMQ, with its vhost'),
    IDENTITY_JWKS_URL: z.url().describe('Keys that sign the internal identity token'),
    ANAGRAFICA_ADDRESS: addresses.describe('gRPC of anagrafica, host:port, several by commas'),
    ATTENDANCE_ADDRESS: addresses.describe('gRPC of attendance, host:port, several by commas'),
    LEDGER_ADDRESSES: addresses.describe('gRPC of the ledger, host:port, several by commas'),
    FIELD_KEY: z
      .string()
      .min(1)
      .describe('Keys of 32 bytes in base64, by commas; the first seals debtors and receipts, all open them'),
    PAGOPA_PORT: z.coerce.number().int().min(1).max(65_535).describe('Where the pagoPA node connects'),
    PAGOPA_TLS_CERT_FILE: file.describe('PEM chain that the node is shown; unset only on loopback'),
    PAGOPA_TLS_KEY_FILE: file.describe('Its PEM key'),
    PAGOPA_TLS_CLIENT_CA_FILE: file.describe("PEM of the authorities whose certificates the node's clients show"),
    PAGOPA_TLS_CLIENT_NAMES: z
      .string()
      .default('')
      .transform((text) => text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])))
      .describe("Common names of the node's certificates, by commas; empty: any that the authorities signed"),
    CHECKOUT_CARTS_URL: z.url().describe("pagoPA's Checkout, the carts of a creditor (v2)"),
    CHECKOUT_KEY: z.string().min(1).describe('Subscription key of Checkout'),
    ACA_URL: z.url().describe("pagoPA's archive of positions, e.g. https://api.platform.pagopa.it/aca/v1"),
    ACA_KEY: z.string().min(1).describe('Its subscription key'),
    GPD_URL: z
      .url()
      .describe('Positions that pagoPA keeps for municipalities that chose so, …/gpd/debt-positions-service/v1'),
    GPD_KEY: z.string().min(1).describe('Its subscription key'),
    LOAD_EVERY_MS: z.coerce
      .number()
      .int()
      .min(50)
      .max(60_000)
      .default(1_000)
      .describe('Wait between looks for changed positions that pagoPA has not been told'),
    CREDIT_EVERY_MS: z.coerce
      .number()
      .int()
      .min(50)
      .max(60_000)
      .default(1_000)
      .describe('Wait between looks for paid top-ups that are not on their account'),
    RUN_EVERY_MS: z.coerce
      .number()
      .int()
      .min(50)
      .max(60_000)
      .default(2_000)
      .describe('Wait between looks for runs that have work'),
    RUN_CLAIM_MS: z.coerce
      .number()
      .int()
      .min(500)
      .max(600_000)
      .default(30_000)
      .describe('How long a page of a run may take before another replica takes it'),
    SMTP_URL: z.url().optional().describe('Mail server, smtp:// or smtps://; unset: no mail is sent'),
    MAIL_FROM: z.string().min(3).default('noreply@localhost').describe('Whom mail is from'),
    APP_IO_URL: z.url().optional().describe('Messages of the App IO; unset: none are sent'),
    APP_IO_KEY: z.string().default('').describe('Its subscription key'),
    NOTIFY_EVERY_MS: z.coerce
      .number()
      .int()
      .min(50)
      .max(60_000)
      .default(2_000)
      .describe('Wait between looks for messages to send'),
    LAW_FILE: z
      .string()
      .min(1)
      .default(fileURLToPath(new URL('../law/law.json', import.meta.url)))
      .describe('JSON of rules of law with their dates: revenue stamp, relief of the income tax'),
  })
  .superRefine((values, context) => {
    const missing = TLS_FILES.filter((name) => values[name] === undefined);
    if (missing.length === 0 || (missing.length === TLS_FILES.length && LOOPBACK.test(values.LISTEN_HOST))) return;
    for (const name of missing) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is needed: the node connects by TLS, but on loopback',
      });
    }
  });

export type Config = Readonly<z.output<typeof environment>>;

/** @throws ConfigurationError with every fault at once */
export function readBillingConfig(from: NodeJS.ProcessEnv): Config {
  return readConfig(environment, from);
}

const Amount = z.int().min(0).transform(cents);
const LawFile = z.strictObject({
  stampDuty: z
    .array(
      z.strictObject({
        validFrom: z.iso.date().transform(serviceDate),
        aboveCents: Amount,
        stampCents: Amount,
        source: z.string().min(1),
      }),
    )
    .refine((rules) => isAscending(rules.map(({ validFrom }) => validFrom)), 'must be in the order of their days'),
  certification730: z
    .array(z.strictObject({ firstYear: z.int(), text: z.string().min(1) }))
    .refine((texts) => isAscending(texts.map(({ firstYear }) => firstYear)), 'must be in the order of their years'),
});

function isAscending(values: readonly (string | number)[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}

/** @throws Error for a file that is not there or not of this shape */
export function readLaw(file: string): Law {
  return LawFile.parse(JSON.parse(readFileSync(file, 'utf8')));
}
