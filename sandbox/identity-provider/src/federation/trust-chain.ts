import type { JSONWebKeySet } from 'jose';
import { FederationError } from './federation-error.ts';
import { applyMetadataPolicy } from './metadata-policy.ts';
import {
  ENTITY_STATEMENT,
  type Metadata,
  type Statement,
  verifyEntityConfiguration,
  verifyStatement,
  verifyTrustMark,
} from './statements.ts';

const ANSWER_WITHIN_MS = 5_000;
const REASON_CHARACTERS_MAX = 300;
const STATEMENT_CHARACTERS_MAX = 256 * 1024;

/** What a trust chain says about a subject. */
export interface ResolvedEntity {
  /** Entity type → metadata with the anchor's policy applied. */
  readonly metadata: Readonly<Record<string, Metadata>>;
  /** The subject's trust marks that are valid under this anchor. */
  readonly trustMarks: readonly { readonly id: string; readonly trust_mark: string }[];
  /** The subject's configuration, the statement about it, the anchor's configuration. */
  readonly trustChain: readonly string[];
  /** The earliest expiry in the chain, in seconds since 1970. */
  readonly expiresAtS: number;
}

/** Where an entity's configuration is. */
export function configurationUrl(id: string): string {
  return `${id.replace(/\/$/, '')}/.well-known/openid-federation`;
}

/**
 * Reads a statement over HTTP, without trusting it.
 *
 * @throws FederationError `temporarily_unavailable` where it cannot be had
 */
export async function readStatement(url: string): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      redirect: 'error',
      headers: { accept: `application/${ENTITY_STATEMENT}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw new FederationError('temporarily_unavailable', `${url} does not answer`, cause);
  }
  const contentType = response.headers.get('content-type')?.split(';')[0];
  if (response.status !== 200) {
    const reason = contentType === 'application/json' ? `: ${text.slice(0, REASON_CHARACTERS_MAX)}` : '';
    const code = response.status === 404 ? 'invalid_client' : 'temporarily_unavailable';
    throw new FederationError(code, `${url} answers ${response.status}${reason}`);
  }
  if (contentType !== `application/${ENTITY_STATEMENT}`) {
    throw new FederationError(
      'invalid_client',
      `${url} answers ${contentType} instead of application/${ENTITY_STATEMENT}`,
    );
  }
  if (text.length > STATEMENT_CHARACTERS_MAX) throw new FederationError('invalid_client', `${url} is too long`);
  return text;
}

/**
 * Builds and verifies the chain subject → anchor, without intermediates, and applies the anchor's policy.
 *
 * @param subject an entity that the caller knows: its configuration is read from its own address
 * @throws FederationError `invalid_client` for a chain that does not hold, `unauthorized_client` where the policy refuses the
 *   metadata, `temporarily_unavailable` where a part does not answer
 * @see OpenID Federation 1.0, sections 10.2 and 6.1
 */
export async function resolveTrustChain(subject: string, anchor: string): Promise<ResolvedEntity> {
  const [ownJwt, anchorJwt] = await Promise.all([
    readStatement(configurationUrl(subject)),
    readStatement(configurationUrl(anchor)),
  ]);
  const anchorSays = await verifyEntityConfiguration(anchorJwt, anchor);
  const own = await verifyEntityConfiguration(ownJwt, subject);
  if (!own.authority_hints.includes(anchor)) {
    throw new FederationError('invalid_client', `authority_hints of ${subject} do not name ${anchor}`);
  }
  const fetchEndpoint = anchorSays.metadata['federation_entity']?.['federation_fetch_endpoint'];
  const aboutJwt = await readStatement(`${String(fetchEndpoint)}?${new URLSearchParams({ sub: subject })}`);
  const about = await verifyStatement(aboutJwt, anchorSays.jwks, { issuer: anchor, subject });
  // The anchor vouches for the keys: the configuration must be signed by one of them, not only by one of its own.
  await verifyStatement(ownJwt, about.jwks, { issuer: subject, subject });
  const metadata = Object.fromEntries(
    Object.entries(own.metadata).map(([type, published]) => [
      type,
      applyMetadataPolicy(published, about.metadata_policy[type] ?? {}),
    ]),
  );
  return {
    metadata,
    trustMarks: await validTrustMarks(own, anchorSays, anchor),
    trustChain: [ownJwt, aboutJwt, anchorJwt],
    expiresAtS: Math.min(own.exp, about.exp, anchorSays.exp),
  };
}

/** The marks that the anchor itself issued for the subject, of a kind that it says it issues. */
async function validTrustMarks(own: Statement, anchorSays: Statement, anchor: string) {
  const keys: JSONWebKeySet = anchorSays.jwks;
  const checked = await Promise.all(
    own.trust_marks.map(async ({ id, trust_mark }) => {
      if (!anchorSays.trust_mark_issuers[id]?.includes(anchor)) return null;
      const claims = await verifyTrustMark(trust_mark, keys, { issuer: anchor, subject: own.sub });
      return claims?.['id'] === id ? { id, trust_mark } : null;
    }),
  );
  return checked.filter((mark) => mark !== null);
}
