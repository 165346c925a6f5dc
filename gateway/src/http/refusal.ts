import { createHash } from 'node:crypto';
import { counter } from '@campanella/service-kit';
import type { Request, Response } from 'express';
import { TEXTS } from '../texts.ts';
import { slot } from './slot.ts';

/** Every way in which the gateway itself says no: its status, and what the parent reads. */
const REFUSALS = {
  unknown_host: { status: 421, text: TEXTS.unknownHost },
  not_found: { status: 404, text: TEXTS.notFound },
  bad_request: { status: 400, text: TEXTS.badRequest },
  method_not_allowed: { status: 405, text: TEXTS.methodNotAllowed },
  length_required: { status: 411, text: TEXTS.lengthRequired },
  too_large: { status: 413, text: TEXTS.tooLarge },
  headers_too_large: { status: 431, text: TEXTS.headersTooLarge },
  unreadable_body: { status: 400, text: TEXTS.unreadableBody },
  signed_out: { status: 401, text: TEXTS.signedOut },
  cross_site: { status: 403, text: TEXTS.crossSite },
  csrf_token: { status: 403, text: TEXTS.crossSite },
  too_many_requests: { status: 429, text: TEXTS.tooMany },
  unsupported_media_type: { status: 415, text: TEXTS.unsupportedMediaType },
  wrong_credentials: { status: 401, text: TEXTS.wrongCredentials },
  natural_person: { status: 422, text: TEXTS.naturalPerson },
  too_many_attempts: { status: 429, text: TEXTS.tooManyAttempts },
  invalid_request: { status: 422, text: TEXTS.invalidRequest },
  sessions_away: { status: 503, text: TEXTS.sessionsAway },
  service_away: { status: 503, text: TEXTS.serviceAway },
  portal_missing: { status: 503, text: TEXTS.portalMissing },
  internal: { status: 500, text: TEXTS.internal },
} as const;

/** One kind per rule; the portal tells them apart by it. */
export type GatewayRefusalKind = keyof typeof REFUSALS;

/** What a refusal may say beside its kind. */
export interface RefusalFacts {
  /** What is wrong with which field of what was sent. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly retryAfterS?: number;
  /** The methods that an address has, with a refusal of another one. */
  readonly allow?: readonly string[];
}

/** A refusal on its way to the one place that answers it. */
export class GatewayRefusal extends Error {
  readonly kind: GatewayRefusalKind;
  readonly facts: RefusalFacts;

  constructor(kind: GatewayRefusalKind, options: ErrorOptions & RefusalFacts = {}) {
    const { cause, ...facts } = options;
    super(kind, cause === undefined ? undefined : { cause });
    this.name = 'GatewayRefusal';
    this.kind = kind;
    this.facts = facts;
  }
}

const refusals = counter('campanella_gateway_refusals_total', 'Requests that the gateway itself refused, by kind', [
  'kind',
]);

const RETRY_AFTER_S = 30;

const STYLE =
  'body{font-family:system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color:#17324d}a{color:#06c}';
// The page's only style is named by its hash, so that the policy needs no 'unsafe-inline'.
const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

const homes = slot<string>('home');

/** Notes where the first page is, for an answer that is not on the portal's own origin. */
export function setHome(response: Response, url: string): void {
  homes.set(response, url);
}

/** Read by programs: ours in the browser, and those of the federations. */
const FOR_PROGRAMS = /^\/(?:api\/|\.well-known\/|resolve$)/;

/** Answers a refusal: problem details (RFC 9457) to programs and to whoever sends something, a page in Italian to a browser. */
export function answerRefusal(
  request: Request,
  response: Response,
  kind: GatewayRefusalKind,
  { fields, retryAfterS, allow }: RefusalFacts = {},
): void {
  const { status, text } = REFUSALS[kind];
  refusals.inc({ kind });
  response.status(status).set('Cache-Control', 'no-store');
  if (status === 503) response.set('Retry-After', String(RETRY_AFTER_S));
  if (allow !== undefined) response.set('Allow', allow.join(', '));
  if (retryAfterS !== undefined) response.set('Retry-After', String(retryAfterS));
  const wantsPage = request.method === 'GET' && !FOR_PROGRAMS.test(request.path);
  if (!wantsPage) {
    const problem = { type: 'about:blank', title: text.title, status, detail: text.detail, kind };
    response.type('application/problem+json').send(JSON.stringify({ ...problem, fields }));
    return;
  }
  response.set('Content-Security-Policy', PAGE_POLICY);
  response.type('html').send(`<!doctype html>
<html lang="it"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text.title}</title><style>${STYLE}</style></head>
<body><main><h1>${text.title}</h1><p>${text.detail}</p><p><a href="${homes.of(response) ?? '/'}">Torna alla pagina iniziale</a></p></main></body></html>
`);
}
