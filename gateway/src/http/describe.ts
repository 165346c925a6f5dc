import { describeApi } from '@campanella/service-kit';
import { z } from 'zod';

const Problem = z.object({
  type: z.string(),
  title: z.string().meta({ description: 'What happened, in Italian, for the person who reads it' }),
  status: z.int(),
  detail: z.string().optional().meta({ description: 'What to do next' }),
  kind: z.string().meta({ description: 'One per rule; programs go by it' }),
  fields: z.record(z.string(), z.string()).optional(),
});
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});
const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});
const away = { 429: problem('Too many requests; see Retry-After'), 503: problem('Something we need is away') };

const Municipality = z.object({ name: z.string(), websiteUrl: z.string(), officeContact: z.string() });
const Redirect = z.object({ redirectUrl: z.string().meta({ description: 'Where the browser goes next' }) });
const csrfHeader = z.object({ 'x-csrf-token': z.string().meta({ description: 'csrfToken of /api/session' }) });
const returnTo = z.string().optional().meta({ description: 'Path of the portal to end at' });
const PUBLIC: [] = [];

/** What the gateway itself answers, as OpenAPI. */
function ownDescription(): object {
  return describeApi({
    title: 'Campanella',
    version: '1',
    paths: {
      '/api/session': {
        get: {
          summary: 'Whose site this is, and who is signed in',
          security: PUBLIC,
          responses: {
            200: json(
              'Never a refusal for want of a session',
              z.discriminatedUnion('signedIn', [
                z.object({ signedIn: z.literal(false), municipality: Municipality }),
                z.object({
                  signedIn: z.literal(true),
                  displayName: z.string(),
                  role: z.enum(['guardian', 'office', 'school', 'sre']),
                  hasPupils: z.boolean(),
                  csrfToken: z.string(),
                  municipality: Municipality,
                  expiresAt: z.iso.datetime(),
                }),
              ]),
            ),
            ...away,
          },
        },
      },
      '/api/sign-in-methods': {
        get: {
          summary: 'How people may sign in here, in the order of the page',
          security: PUBLIC,
          responses: {
            200: json(
              'All methods',
              z.object({
                methods: z.array(
                  z.object({
                    key: z.string(),
                    kind: z.enum(['spid', 'cie', 'openid', 'certificate', 'company']),
                    label: z.string(),
                    providers: z.array(z.object({ issuer: z.string(), name: z.string() })),
                  }),
                ),
              }),
            ),
            ...away,
          },
        },
      },
      '/login/{method}': {
        get: {
          summary: 'Sends the browser to the identity provider',
          security: PUBLIC,
          requestParams: {
            path: z.object({ method: z.string() }),
            query: z.object({ return: returnTo, idp: z.url().optional().meta({ description: 'Which provider' }) }),
          },
          responses: {
            303: { description: 'To the provider, or to /accedi?errore=…' },
            404: { description: 'A page' },
          },
        },
      },
      '/login/company': {
        post: {
          summary: 'Signs a company in by partita IVA and password',
          security: PUBLIC,
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: z.object({ partitaIva: z.string(), password: z.string(), return: returnTo }),
              },
            },
          },
          responses: {
            200: json('Signed in', Redirect),
            401: problem('wrong_credentials'),
            403: problem('cross_site'),
            422: problem('natural_person, or invalid_request with its fields'),
            ...away,
          },
        },
      },
      '/logout': {
        post: {
          summary: 'Ends the session',
          requestParams: { header: csrfHeader },
          responses: { 200: json('Signed out', Redirect), 403: problem('cross_site or csrf_token'), ...away },
        },
      },
      '/logout/everywhere': {
        post: {
          summary: 'Ends every session of the person, on every device',
          requestParams: { header: csrfHeader },
          responses: {
            200: json('Signed out', Redirect),
            401: problem('signed_out'),
            403: problem('cross_site or csrf_token'),
            ...away,
          },
        },
      },
    },
  });
}

const Operation = z.looseObject({
  responses: z.record(z.string(), z.unknown()),
  parameters: z.array(z.unknown()).optional(),
});
const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'] as const;
const Description = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(
    z.string(),
    z.looseObject(Object.fromEntries(METHODS.map((method) => [method, Operation.optional()]))),
  ),
  components: z.unknown().optional(),
});

const INTRODUCTION = [
  'The HTTP APIs behind a municipality’s host name. Everything but the sign-in is for a signed-in person, by the session cookie;',
  'changes need `x-csrf-token` and our own Origin. Refusals are problem details (RFC 9457): programs go by `kind`.',
  'Bodies are JSON in UTF-8 of at most 64 KB.',
].join(' ');

/**
 * The one public description: the gateway's own addresses and, below `/api/<service>/`, what each service describes.
 *
 * @param services what each service commits as openapi.json, by its name
 * @throws Error on a path outside the service's own, on one that two describe, and on shared components, which would need renaming
 */
export function publicDescription(services: ReadonlyMap<string, unknown>): object {
  const own = Description.parse(ownDescription());
  const paths: Record<string, unknown> = { ...tagged(own.paths, 'gateway') };
  for (const [service, given] of services) {
    const description = Description.parse(given);
    if (description.components !== undefined) throw new Error(`${service} has shared components: merge them first`);
    for (const [path, item] of Object.entries(tagged(description.paths, service))) {
      if (!path.startsWith(`/api/${service}/`)) throw new Error(`${service} describes ${path}, which is not its own`);
      if (paths[path] !== undefined) throw new Error(`${path} is described twice`);
      paths[path] = item;
    }
  }
  return {
    openapi: own.openapi,
    info: {
      title: 'Campanella',
      version: '1',
      description: INTRODUCTION,
      license: { name: 'EUPL-1.2', identifier: 'EUPL-1.2' },
    },
    servers: [{ url: '/' }],
    tags: ['gateway', ...services.keys()].map((name) => ({ name })),
    security: [{ session: [] }],
    paths,
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-campanella_session',
          description: 'Set at sign-in; out of reach of scripts.',
        },
      },
    },
  };
}

/** Puts a tag on every operation, and on the services' ones the refusals that the gateway may give in their place. */
function tagged(paths: z.output<typeof Description>['paths'], tag: string): Record<string, unknown> {
  const edge = tag === 'gateway' ? {} : EDGE_RESPONSES;
  const entries = Object.entries(paths).map(([path, item]) => {
    const operations = METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      return [[method, { ...operation, tags: [tag], responses: { ...edge, ...operation.responses } }] as const];
    });
    return [path, { ...item, ...Object.fromEntries(operations) }] as const;
  });
  return Object.fromEntries(entries);
}

const plainProblem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: z.toJSONSchema(Problem) } },
});
const EDGE_RESPONSES = {
  401: plainProblem('signed_out'),
  429: plainProblem('too_many_requests; see Retry-After'),
  503: plainProblem('service_away: the service does not answer'),
};
