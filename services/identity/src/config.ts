import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';
import { levelsFrom, PRESETS, type SignInMethod } from './domain/sign-in-method.ts';
import type { RelyingParty } from './federation/relying-parties.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const urls = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .pipe(z.array(z.url()).min(1));

const key = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/);
const httpUrl = z.url({ protocol: /^https?$/ });
const municipalityIds = z.array(z.int().positive()).nullable().default(null);
const Jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) });

const OpenidEntry = z
  .strictObject({
    key,
    kind: z.enum(['spid', 'cie', 'openid']).default('openid'),
    label: z.string().min(1).max(80).optional(),
    municipalityIds,
    /** By federation … */
    trustAnchor: httpUrl.optional(),
    trustAnchorJwks: Jwks.nullable().default(null),
    issuers: z.array(httpUrl).min(1).nullable().default(null),
    /** … or registered with this one provider. */
    issuer: httpUrl.optional(),
    clientId: z.string().min(1).optional(),
    scope: z.string().optional(),
    acrValues: z.array(z.string().min(1)).optional(),
    prompt: z.string().nullable().optional(),
    codiceFiscaleClaim: z.string().min(1).optional(),
    codiceFiscalePrefix: z.string().optional(),
    claimsParameter: z.boolean().optional(),
  })
  .transform((entry, context): SignInMethod => {
    const {
      key: name,
      kind,
      municipalityIds: offeredBy,
      trustAnchor,
      trustAnchorJwks,
      issuers,
      issuer,
      clientId,
    } = entry;
    const preset = PRESETS[kind];
    const acrValues = entry.acrValues ?? [...preset.acrValues];
    const method = {
      key: name,
      kind,
      municipalityIds: offeredBy,
      label: entry.label ?? preset.label,
      scope: entry.scope ?? preset.scope,
      acrValues,
      acrAccepted: levelsFrom(acrValues),
      prompt: entry.prompt === undefined ? preset.prompt : entry.prompt,
      codiceFiscaleClaim: entry.codiceFiscaleClaim ?? preset.codiceFiscaleClaim,
      codiceFiscalePrefix: entry.codiceFiscalePrefix ?? preset.codiceFiscalePrefix,
      companyClaims: [...preset.companyClaims],
      claimsParameter: entry.claimsParameter ?? preset.claimsParameter,
      signedRequest: preset.signedRequest,
      sealedAnswers: preset.sealedAnswers,
      assertionAudience: preset.assertionAudience,
    };
    if (trustAnchor !== undefined && issuer === undefined && clientId === undefined) {
      return { ...method, registration: { kind: 'federation', trustAnchor, trustAnchorJwks, issuers } };
    }
    if (trustAnchor === undefined && issuer !== undefined && clientId !== undefined) {
      return { ...method, registration: { kind: 'static', issuer, clientId } };
    }
    context.addIssue({ code: 'custom', message: `${name} needs trustAnchor, or issuer and clientId` });
    return z.NEVER;
  });

const CertificateEntry = z
  .strictObject({
    key,
    kind: z.literal('certificate'),
    label: z.string().min(1).max(80).default('Entra con CNS/CIE'),
    municipalityIds,
    certificateUrl: z.url({ protocol: /^https$/ }),
  })
  .transform((entry): SignInMethod => entry);

const CompanyEntry = z
  .strictObject({
    key,
    kind: z.literal('company'),
    label: z.string().min(1).max(80).default('Entra con LOGIN'),
    municipalityIds,
  })
  .transform((entry): SignInMethod => entry);

/** Told apart by their kind, so that a fault is told of the one that was meant. */
const Method = z
  .looseObject({ kind: z.enum(['spid', 'cie', 'openid', 'certificate', 'company']).default('openid') })
  .transform((entry, context): SignInMethod => {
    const schema =
      entry.kind === 'certificate' ? CertificateEntry : entry.kind === 'company' ? CompanyEntry : OpenidEntry;
    const parsed = schema.safeParse(entry);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  });

const TrustMark = z
  .object({ id: z.string().min(1), trust_mark: z.string().min(1) })
  .transform(({ id: type, trust_mark: jwt }) => ({ type, jwt }));

const Party = z
  .strictObject({
    municipalityIds: z.array(z.int().positive()).min(1),
    clientId: httpUrl.refine((text) => !text.endsWith('/'), 'must not end in a slash'),
    organizationName: z.string().min(1),
    homepageUri: httpUrl,
    policyUri: httpUrl,
    logoUri: httpUrl,
    contacts: z.array(z.email()).min(1),
    authorityHints: z.array(httpUrl).min(1).max(5),
    trustMarks: z.array(TrustMark).default([]),
    ipaCode: z.string().min(1).nullable().default(null),
  })
  .transform((party): RelyingParty => party);

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

const longestMs = (ms: number, max: number) => z.coerce.number().int().min(50).max(max).default(ms);

/** What identity's commands for operators need. */
export const CommandEnvironment = z.object({
  DATABASE_URL: z.url().describe('PostgreSQL, as role identity_app'),
  FIELD_KEY: z
    .string()
    .min(1)
    .describe('32 random bytes in base64; several, separated by commas, to rotate (field-encryption)'),
  PERSON_HASH_KEY: z
    .base64()
    .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
    .describe('32 random bytes in base64 that find a person by codice fiscale; never changed'),
});

/** What identity reads from its environment. */
export const Environment = z
  .object({
    ...serviceEnvironment,
    ...CommandEnvironment.shape,
    ANAGRAFICA_ADDRESS: z.string().min(1).describe('gRPC address of anagrafica, host:port'),
    SIGN_IN_PROVIDERS: json.pipe(z.array(Method).min(1)).describe('JSON list of ways to sign in, see below'),
    RELYING_PARTIES: json
      .pipe(z.array(Party))
      .default([])
      .describe('JSON list of what we are in the federations of SPID and CIE, see below'),
    REDIRECT_URIS: urls.describe("The gateway's callbacks, separated by commas: <gateway>/login/callback"),
    POST_LOGOUT_REDIRECT_URIS: urls.describe('Where a provider may send a browser after leaving: <gateway>/'),
    CNS_CA_FILE: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of the CAs whose cards are accepted; needed where a way to sign in is by card'),
    ALLOW_INSECURE_LOOPBACK_ISSUERS: z
      .stringbool()
      .default(false)
      .describe('Lets providers and federations on a loopback address be plain http: for the sandbox only'),
    PROVIDER_TIMEOUT_MS: longestMs(5_000, 30_000).describe('Longest wait for one answer of a provider'),
    ANAGRAFICA_TIMEOUT_MS: longestMs(2_000, 10_000).describe('Longest wait for anagrafica'),
    DISCOVERY_KEPT_MS: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(3_600_000)
      .describe("How long a provider's discovery document, or a federation's list of providers, is believed"),
  })
  .superRefine((environment, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const isSafe = (text: string) => {
      const url = new URL(text);
      return url.protocol === 'https:' || (environment.ALLOW_INSECURE_LOOPBACK_ISSUERS && LOOPBACK.test(url.hostname));
    };
    const advice = '(http only on loopback, with ALLOW_INSECURE_LOOPBACK_ISSUERS=true)';
    for (const method of environment.SIGN_IN_PROVIDERS) {
      if (method.kind === 'certificate' && environment.CNS_CA_FILE === undefined) {
        refuse('CNS_CA_FILE', `is missing; ${method.key} signs in by card`);
      }
      if (method.kind === 'certificate' || method.kind === 'company') continue;
      const { registration } = method;
      const isStatic = registration.kind === 'static';
      if (!isSafe(isStatic ? registration.issuer : registration.trustAnchor)) {
        refuse(
          'SIGN_IN_PROVIDERS',
          `the ${isStatic ? 'issuer' : 'trust anchor'} of ${method.key} must be https ${advice}`,
        );
      }
    }
    for (const { clientId, authorityHints } of environment.RELYING_PARTIES) {
      for (const url of [clientId, ...authorityHints]) {
        if (!isSafe(url)) refuse('RELYING_PARTIES', `${url} must be https ${advice}`);
      }
    }
  });

/** The configuration, complete and frozen. */
export type Config = Readonly<z.output<typeof Environment>>;

/** Reads the environment. @throws ConfigurationError naming every fault */
export function config(environment: NodeJS.ProcessEnv): Config {
  return readConfig(Environment, environment);
}
