import { errors } from 'oidc-provider';
import { z } from 'zod';
import { FederationError } from '../federation/federation-error.ts';
import { nowS } from '../federation/statements.ts';
import { type ResolvedEntity, resolveTrustChain } from '../federation/trust-chain.ts';

/** A relying party as oidc-provider wants its clients. */
export type ClientMetadata = Readonly<Record<string, unknown>>;

const relyingParty = z.object({
  client_id: z.string(),
  application_type: z.string().optional(),
  redirect_uris: z.array(z.string()),
  grant_types: z.array(z.string()),
  response_types: z.array(z.string()),
  jwks: z.looseObject({ keys: z.array(z.looseObject({ kid: z.string() })) }),
  token_endpoint_auth_method: z.string(),
  id_token_signed_response_alg: z.string(),
  id_token_encrypted_response_alg: z.string().optional(),
  id_token_encrypted_response_enc: z.string().optional(),
  userinfo_signed_response_alg: z.string(),
  userinfo_encrypted_response_alg: z.string(),
  userinfo_encrypted_response_enc: z.string(),
});

interface Registered {
  readonly metadata: ClientMetadata;
  readonly kids: ReadonlySet<string>;
  readonly untilS: number;
}

/** A provider's relying parties, which register themselves. */
export interface RelyingParties {
  /**
   * Finds one by automatic registration: its configuration, the chain to the anchor, its trust mark, the anchor's policy. Kept until
   * the chain expires, or until it signs with a key that is not known yet.
   *
   * @param kid of the key with which it has just signed, where that is known
   * @returns undefined for one that is not onboarded
   * @throws an OpenID error `invalid_client`, `unauthorized_client` or `temporarily_unavailable`
   */
  find(clientId: string, kid: string | undefined): Promise<ClientMetadata | undefined>;
}

/** Registers relying parties automatically. @see OpenID Federation 1.0, section 12.1 */
export function relyingParties(options: {
  readonly onboarded: ReadonlySet<string>;
  readonly anchor: string;
}): RelyingParties {
  const registered = new Map<string, Registered>();
  return {
    find: async (clientId, kid) => {
      if (!options.onboarded.has(clientId)) return undefined;
      const known = registered.get(clientId);
      if (known !== undefined && known.untilS > nowS() && (kid === undefined || known.kids.has(kid))) {
        return known.metadata;
      }
      const fresh = await register(clientId, options.anchor);
      registered.set(clientId, fresh);
      return fresh.metadata;
    },
  };
}

async function register(clientId: string, anchor: string): Promise<Registered> {
  try {
    const resolved = await resolveTrustChain(clientId, anchor);
    demandTrustMark(resolved, clientId, anchor);
    const parsed = relyingParty.safeParse(resolved.metadata['openid_relying_party']);
    if (!parsed.success) {
      throw new FederationError('unauthorized_client', `the metadata of ${clientId}: ${z.prettifyError(parsed.error)}`);
    }
    const metadata = { ...parsed.data, subject_type: 'pairwise', require_signed_request_object: true };
    return {
      metadata,
      kids: new Set(parsed.data.jwks.keys.map((key) => key.kid)),
      untilS: resolved.expiresAtS,
    };
  } catch (error) {
    throw error instanceof FederationError ? toOpenidError(error) : error;
  }
}

function demandTrustMark(resolved: ResolvedEntity, clientId: string, anchor: string): void {
  const wanted = ['public', 'private'].map((profile) => `${anchor}/openid_relying_party/${profile}/`);
  if (resolved.trustMarks.some((mark) => wanted.includes(mark.id))) return;
  throw new FederationError('unauthorized_client', `${clientId} publishes no valid trust mark of ${anchor}`);
}

function toOpenidError(error: FederationError): Error {
  if (error.code === 'temporarily_unavailable') return new errors.TemporarilyUnavailable(error.message);
  if (error.code === 'unauthorized_client') return new errors.UnauthorizedClient(error.message);
  return new errors.InvalidClient(error.message);
}
