import type { Express, Request, Response } from 'express';
import { type GatewayDeps, siteOf } from './gateway-deps.ts';
import { limitPerAddress } from './limits.ts';
import { GatewayRefusal } from './refusal.ts';

const KEPT_MS_MAX = 60_000;
const ANSWERS_KEPT_MAX = 256;
const WITHIN_MS = 5_000;
/** A resolve response holds a whole chain of statements; real ones have a few tens of kilobytes. */
const BYTES_MAX = 256 * 1024;
const PARAMETER_LENGTH_MAX = 512;
const PARAMETERS = ['sub', 'anchor', 'trust_anchor', 'type'] as const;

/** What a federation is told. */
interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** 0: only whoever asked is told. */
  readonly keptUntilMs: number;
}

/**
 * What the federations of SPID and CIE read of a municipality, made by identity and passed through.
 *
 * - `GET /.well-known/openid-federation`: its entity configuration;
 * - `GET /resolve?sub=&anchor=`: what we found about a provider.
 *
 * Answers are kept for a minute at the most. Requests at once each ask identity: it may be asking a superior about us, who asks us in turn before
 * it answers, and whoever made the second wait for the first would make all three wait. While identity is away: 503.
 *
 * @see OpenID Federation 1.0, sections 9 and 8.3
 */
export function federationRoutes(app: Express, deps: GatewayDeps): void {
  const limited = limitPerAddress(deps.apiLimit, 'open');
  const ask = keptAnswers(deps);
  app.get('/.well-known/openid-federation', limited, async (request, response) => {
    const path = `/relying-parties/${siteOf(request).municipalityId}/openid-federation`;
    tell(deps, response, await ask(path, 'application/entity-statement+jwt'));
  });
  app.get('/resolve', limited, async (request, response) => {
    const path = `/relying-parties/${siteOf(request).municipalityId}/resolve?${queryOf(request)}`;
    tell(deps, response, await ask(path, 'application/resolve-response+jwt'));
  });
}

function queryOf({ query }: Request): URLSearchParams {
  const passed = new URLSearchParams();
  for (const name of PARAMETERS) {
    const value = query[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value.length > PARAMETER_LENGTH_MAX) throw new GatewayRefusal('bad_request');
    passed.set(name, value);
  }
  return passed;
}

function tell(deps: GatewayDeps, response: Response, answer: Answer): void {
  const leftS = Math.floor((answer.keptUntilMs - deps.now().getTime()) / 1000);
  response.set('Cache-Control', leftS > 0 ? `public, max-age=${leftS}` : 'no-store');
  response.status(answer.status).set('Content-Type', answer.contentType).end(answer.body);
}

function keptAnswers(deps: GatewayDeps): (path: string, contentType: string) => Promise<Answer> {
  const kept = new Map<string, Answer>();
  return async (path, contentType) => {
    const known = kept.get(path);
    if (known !== undefined && deps.now().getTime() < known.keptUntilMs) return known;
    const answer = await askIdentity(deps, path, contentType);
    kept.delete(path);
    if (answer.keptUntilMs > 0) kept.set(path, answer);
    const [oldest] = kept.keys();
    if (kept.size > ANSWERS_KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return answer;
  };
}

async function askIdentity(deps: GatewayDeps, path: string, contentType: string): Promise<Answer> {
  try {
    const answer = await fetch(deps.identityHttpUrl.replace(/\/$/, '') + path, {
      redirect: 'error',
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const body = await readBounded(answer);
    const given = answer.headers.get('content-type')?.split(';')[0];
    if (answer.status === 200 && given === contentType) {
      const isKept = !/no-store/.test(answer.headers.get('cache-control') ?? '');
      return { status: 200, contentType, body, keptUntilMs: isKept ? deps.now().getTime() + KEPT_MS_MAX : 0 };
    }
    // The federations' own errors, of section 8.9; they are not kept.
    if ([400, 404].includes(answer.status) && given === 'application/json') {
      return { status: answer.status, contentType: given, body, keptUntilMs: 0 };
    }
    if (answer.status === 404) throw new GatewayRefusal('not_found');
    throw new Error(`identity answered ${answer.status} ${given ?? ''}`);
  } catch (cause) {
    if (cause instanceof GatewayRefusal) throw cause;
    deps.logger.warn({ err: cause }, 'identity did not say what we are in the federations');
    throw new GatewayRefusal('service_away', { cause });
  }
}

async function readBounded(answer: globalThis.Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BYTES_MAX) throw new Error('identity says more than fits');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
