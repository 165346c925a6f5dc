import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';
import type { ProviderProfile } from './domain/provider-profile.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const urls = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .pipe(z.array(z.url()).min(1));

const Profile = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/),
  issuer: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  scope: z.string().default('openid'),
  acrValues: z.array(z.string().min(1)).default([]),
  prompt: z.string().nullable().default('login'),
  codiceFiscaleClaim: z.string().min(1).default('https://attributes.eid.gov.it/fiscal_number'),
  codiceFiscalePrefix: z.string().default('TINIT-'),
  claimsParameter: z.boolean().default(true),
  municipalityIds: z.array(z.int().positive()).nullable().default(null),
});

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

/** What identity reads from its environment. */
export const Environment = z
  .object({
    ...serviceEnvironment,
    DATABASE_URL: z.url().describe('PostgreSQL, as role identity_app'),
    ANAGRAFICA_ADDRESS: z.string().min(1).describe('gRPC address of anagrafica, host:port'),
    FIELD_KEY: z
      .string()
      .min(1)
      .describe('32 random bytes in base64; several, separated by commas, to rotate (field-encryption)'),
    PERSON_HASH_KEY: z
      .base64()
      .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
      .describe('32 random bytes in base64 that find a person by codice fiscale; never changed'),
    SIGN_IN_PROVIDERS: json.pipe(z.array(Profile).min(1)).describe('JSON list of identity providers, see below'),
    REDIRECT_URIS: urls.describe("The gateway's callbacks, separated by commas: <gateway>/login/callback"),
    POST_LOGOUT_REDIRECT_URIS: urls.describe('Where a provider may send a browser after leaving: <gateway>/'),
    ALLOW_INSECURE_LOOPBACK_ISSUERS: z
      .stringbool()
      .default(false)
      .describe('Lets issuers on a loopback address be plain http: for the sandbox only'),
    PROVIDER_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(30_000)
      .default(5_000)
      .describe('Longest wait for a provider'),
    ANAGRAFICA_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(50)
      .max(10_000)
      .default(2_000)
      .describe('Longest wait for anagrafica'),
    DISCOVERY_KEPT_MS: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(3_600_000)
      .describe("How long a provider's published configuration is believed"),
  })
  .superRefine((environment, context) => {
    for (const { key, issuer } of environment.SIGN_IN_PROVIDERS) {
      const url = new URL(issuer);
      if (url.protocol === 'https:') continue;
      if (environment.ALLOW_INSECURE_LOOPBACK_ISSUERS && LOOPBACK.test(url.hostname)) continue;
      context.addIssue({
        code: 'custom',
        path: ['SIGN_IN_PROVIDERS'],
        message: `the issuer of ${key} must be https (http only on loopback, with ALLOW_INSECURE_LOOPBACK_ISSUERS=true)`,
      });
    }
  });

/** The configuration, complete and frozen. */
export type Config = Readonly<z.output<typeof Environment>>;

/** Reads the environment. @throws ConfigurationError naming every fault */
export function config(environment: NodeJS.ProcessEnv): Config {
  return readConfig(Environment, environment);
}

/** The providers as the domain knows them. */
export function providerProfiles(settings: Config): readonly ProviderProfile[] {
  return settings.SIGN_IN_PROVIDERS;
}
