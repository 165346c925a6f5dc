import express from 'express';
import type { JSONWebKeySet } from 'jose';
import { requiredParameter, resolveEndpoint, sendFederationError, sendJwt } from './entity-answers.ts';
import { FederationError } from './federation-error.ts';
import type { SigningKey } from './keys.ts';
import type { MetadataPolicy } from './metadata-policy.ts';
import { ENTITY_STATEMENT, type Metadata, signJwt, TRUST_MARK, verifyTrustMark } from './statements.ts';

/** Trust marks live longer than statements: a member refreshes them with every statement it reads. */
const TRUST_MARK_LIFETIMES = 24;

/** Roles and profiles of the rules' trust marks: `<anchor>/<role>/<profile>/`. */
export type TrustMarkKind = `${'openid_provider' | 'openid_relying_party'}/${'public' | 'private'}`;

/** What an anchor knows of a member at the moment when it is asked. */
export interface Membership {
  readonly federationKeys: JSONWebKeySet;
  readonly metadataPolicy: MetadataPolicy;
  readonly organizationName: string;
  readonly email: string;
}

/** A direct subordinate. */
export interface Member {
  readonly id: string;
  readonly entityType: 'openid_provider' | 'openid_relying_party';
  readonly trustMark: TrustMarkKind;
  /** Reads the member's present keys and metadata. @throws FederationError */
  readonly read: () => Promise<Membership>;
}

export interface TrustAnchorOptions {
  readonly id: string;
  readonly key: SigningKey;
  /** Members of `federation_entity` that describe the organisation. */
  readonly organization: Metadata;
  readonly members: readonly Member[];
  readonly statementLifetimeS: number;
}

/** A trust anchor: the wire's end points, and its marks for members that live in this process. */
export interface TrustAnchor {
  readonly id: string;
  readonly router: express.Router;
  trustMarksOf(member: string): Promise<readonly { readonly id: string; readonly trust_mark: string }[]>;
}

const TRUST_MARKS: readonly TrustMarkKind[] = [
  'openid_provider/public',
  'openid_provider/private',
  'openid_relying_party/public',
  'openid_relying_party/private',
];

/**
 * Makes a trust anchor with the end points that the rules prescribe: entity configuration, `/fetch`, `/list`, `/resolve`,
 * `/trust_mark_status`. A statement about a member is made when it is asked for, from what the member publishes then.
 *
 * @see the technical rules, "Entity Statements", "Trust Marks", "Federation endpoints", "Federation error management"
 */
export function trustAnchor(options: TrustAnchorOptions): TrustAnchor {
  const { id, key, statementLifetimeS } = options;
  const members = new Map(options.members.map((member) => [member.id, member]));
  const markId = (kind: TrustMarkKind) => `${id}/${kind}/`;

  const memberOf = (sub: string): Member => {
    const member = members.get(sub);
    if (member === undefined) throw new FederationError('not_found', `${sub} is no member of this federation`);
    return member;
  };

  const trustMarksFor = async (member: Member, membership: Pick<Membership, 'organizationName' | 'email'>) => {
    const claims = {
      iss: id,
      sub: member.id,
      id: markId(member.trustMark),
      logo_uri: `${id}/logo.svg`,
      ref: `${id}/policy`,
      organization_type: member.trustMark.endsWith('/public') ? 'public' : 'private',
      id_code: member.trustMark.endsWith('/public') ? { ipa_code: 'c_demo' } : { vat_number: '00000000000' },
      email: membership.email,
      organization_name: membership.organizationName,
    };
    const jwt = await signJwt(key, TRUST_MARK, claims, statementLifetimeS * TRUST_MARK_LIFETIMES);
    return [{ id: claims.id, trust_mark: jwt }];
  };

  const entityConfiguration = () =>
    signJwt(
      key,
      ENTITY_STATEMENT,
      {
        iss: id,
        sub: id,
        jwks: { keys: [key.publicJwk] },
        metadata: {
          federation_entity: {
            ...options.organization,
            federation_fetch_endpoint: `${id}/fetch`,
            federation_list_endpoint: `${id}/list`,
            federation_resolve_endpoint: `${id}/resolve`,
            federation_trust_mark_status_endpoint: `${id}/trust_mark_status`,
          },
        },
        trust_mark_issuers: Object.fromEntries(TRUST_MARKS.map((kind) => [markId(kind), [id]])),
        constraints: { max_path_length: 1 },
      },
      statementLifetimeS,
    );

  const statementAbout = async (member: Member) => {
    const membership = await member.read();
    const claims = {
      iss: id,
      sub: member.id,
      jwks: membership.federationKeys,
      metadata_policy: { [member.entityType]: membership.metadataPolicy },
      trust_marks: await trustMarksFor(member, membership),
    };
    return signJwt(key, ENTITY_STATEMENT, claims, statementLifetimeS);
  };

  const isActive = async (body: Readonly<Record<string, unknown>>): Promise<boolean> => {
    if (typeof body['trust_mark'] === 'string') {
      const claims = await verifyTrustMark(body['trust_mark'], { keys: [key.publicJwk] }, { issuer: id });
      return claims !== null && isMarkOf(String(claims.sub), claims['id']);
    }
    if (typeof body['sub'] === 'string' && typeof body['id'] === 'string') return isMarkOf(body['sub'], body['id']);
    throw new FederationError('invalid_request', 'sub and id, or trust_mark, are required');
  };
  const isMarkOf = (sub: string, mark: unknown) => {
    const member = members.get(sub);
    return member !== undefined && markId(member.trustMark) === mark;
  };

  const router = express.Router();
  router.get('/.well-known/openid-federation', async (_request, response) => {
    sendJwt(response, ENTITY_STATEMENT, await entityConfiguration());
  });
  router.get('/fetch', async (request, response) => {
    const sub = requiredParameter(request, 'sub');
    sendJwt(response, ENTITY_STATEMENT, sub === id ? await entityConfiguration() : await statementAbout(memberOf(sub)));
  });
  router.get('/list', (request, response) => {
    const type = request.query['entity_type'];
    const listed = options.members.filter((member) => type === undefined || member.entityType === type);
    response.set('cache-control', 'no-store').json(listed.map((member) => member.id));
  });
  router.get('/resolve', resolveEndpoint({ id, key, anchor: id, knows: (subject) => members.has(subject) }));
  router.post(
    '/trust_mark_status',
    express.urlencoded({ extended: false, limit: '32kb' }),
    async (request, response) => {
      response.set('cache-control', 'no-store').json({ active: await isActive(request.body ?? {}) });
    },
  );
  router.use(sendFederationError);

  return {
    id,
    router,
    trustMarksOf: async (sub) => {
      const member = memberOf(sub);
      return trustMarksFor(member, await member.read());
    },
  };
}
