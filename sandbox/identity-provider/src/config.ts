import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';

const list = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .pipe(z.array(z.url()).min(1));

/** What the stand-in reads from its environment. */
export const Environment = z.object({
  LISTEN_HOST: serviceEnvironment.LISTEN_HOST,
  HTTP_PORT: serviceEnvironment.HTTP_PORT,
  OPS_PORT: serviceEnvironment.OPS_PORT,
  LOG_LEVEL: serviceEnvironment.LOG_LEVEL,
  STOP_WITHIN_MS: serviceEnvironment.STOP_WITHIN_MS,
  ISSUER: z
    .url()
    .optional()
    .describe('<base>, as browsers and relying parties reach it, an origin; default http://<LISTEN_HOST>:<HTTP_PORT>'),
  CLIENT_ID: z.string().min(1).default('campanella').describe("The plain provider's one relying party"),
  CLIENT_JWKS_URL: z
    .url()
    .describe("Where that one publishes its public keys: identity's /.well-known/openid-client-jwks.json"),
  REDIRECT_URIS: list.describe('Its callbacks, separated by commas: <gateway>/login/callback'),
  POST_LOGOUT_REDIRECT_URIS: list.describe(
    'Where a browser may be sent after leaving the plain provider, separated by commas: <gateway>/',
  ),
  RELYING_PARTIES: list
    .optional()
    .describe(
      "Entity ids (= client ids) onboarded in both federations, separated by commas: the gateway's origins; unset: none",
    ),
  STATEMENT_LIFETIME_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(3_600)
    .describe('How long statements of the federations are valid; trust marks live 24 times as long'),
  CONTROL_PORT: serviceEnvironment.HTTP_PORT.unwrap()
    .optional()
    .describe('The control API, on LISTEN_HOST; unset: there is none'),
});

/** The configuration, complete and frozen. */
export type Config = Readonly<z.output<typeof Environment>>;

/** Reads the environment. @throws ConfigurationError naming every fault */
export function config(environment: NodeJS.ProcessEnv): Config {
  return readConfig(Environment, environment);
}
