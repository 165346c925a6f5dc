import type { Logger } from '@campanella/service-kit';
import { SignJWT } from 'jose';
import type { KeyRing, SigningKey } from '../app/key-ring.ts';
import { ID_TOKEN_SIGNATURE, USERINFO_CONTENT, USERINFO_KEY_WRAP } from '../domain/protocol-algorithms.ts';
import type { EntityStatement } from '../domain/trust-chain.ts';
import { privateKeyOf } from '../keys/json-web-keys.ts';
import type { ResolvedEntity, TrustChains } from './trust-chains.ts';

/** A municipality's entity in the federations: who we are to SPID and CIE. */
export interface RelyingParty {
  readonly municipalityIds: readonly number[];
  /** An https URL; our name in the federations, and the base of our addresses. */
  readonly clientId: string;
  readonly organizationName: string;
  readonly homepageUri: string;
  readonly policyUri: string;
  readonly logoUri: string;
  /** A certified address (PEC) first. */
  readonly contacts: readonly string[];
  /** Entity ids of the superiors that may vouch for us. */
  readonly authorityHints: readonly string[];
  /** Trust marks that were handed over; those that a superior's statement carries are added by themselves. */
  readonly trustMarks: readonly { readonly type: string; readonly jwt: string }[];
  /** Code of the body in the index of public administrations (IPA). */
  readonly ipaCode: string | null;
}

/** Publishes what we are. */
export interface RelyingParties {
  find(municipalityId: number): RelyingParty | null;
  /** Says whether every superior was heard: until then the configuration may lack trust marks, and nobody should keep it. */
  isComplete(party: RelyingParty): boolean;
  /** Our entity configuration: a signed statement about ourselves, for a day. */
  entityConfiguration(party: RelyingParty): Promise<string>;
  /** What we found about another entity of our federations, signed by us; null while that cannot be had. */
  resolveAnswer(party: RelyingParty, subject: string, anchor: string, type: string): Promise<string | null>;
  /** Reads what the superiors say of us: their trust marks, and which of our keys they vouch for. Never throws. */
  refresh(): Promise<void>;
}

export interface RelyingPartiesOptions {
  readonly parties: readonly RelyingParty[];
  readonly keys: KeyRing;
  readonly chains: TrustChains;
  readonly logger: Logger;
  readonly now: () => Date;
}

/** What superiors say is read again after this; what could not be read, at the next turn. */
const SUPERIORS_KEPT_MS = 10 * 60_000;
/** Others may believe our configuration for so long; far less than a key is published before it is used. */
const CONFIGURATION_LIFETIME_S = 24 * 60 * 60;
const WHERE_BROWSERS_COME_BACK = '/login/callback';

/** Opens the relying parties. */
export function openRelyingParties(options: RelyingPartiesOptions): RelyingParties {
  const { parties, keys } = options;
  const superiors = new Map<string, readonly EntityStatement[]>();
  let reading: Promise<void> | null = null;
  let dueMs = 0;
  const isComplete = (party: RelyingParty) => superiors.get(party.clientId)?.length === party.authorityHints.length;
  const refresh = async () => {
    for (const party of parties) superiors.set(party.clientId, await readSuperiors(options, party, superiors));
    dueMs = parties.every(isComplete) ? options.now().getTime() + SUPERIORS_KEPT_MS : 0;
  };
  return {
    find: (municipalityId) => parties.find((party) => party.municipalityIds.includes(municipalityId)) ?? null,
    isComplete,
    entityConfiguration: async (party) => {
      // A superior that is asked about us asks us in turn: that answer is given at once, with what is known.
      if (reading === null && !isComplete(party)) {
        reading = refresh().finally(() => {
          reading = null;
        });
        await reading;
      }
      const about = superiors.get(party.clientId) ?? [];
      return sign(
        options,
        signingKey(options, about),
        'entity-statement+jwt',
        party.clientId,
        CONFIGURATION_LIFETIME_S,
        {
          sub: party.clientId,
          jwks: { keys: keys.published('federation').map((key) => key.publicJwk) },
          metadata: metadataOf(party, keys),
          authority_hints: party.authorityHints,
          trust_marks: trustMarksOf(party, about).map(({ type, jwt }) => ({ id: type, trust_mark: jwt })),
        },
      );
    },
    resolveAnswer: async (party, subject, anchor, type) => {
      const entity = await resolveOrNull(options, anchor, subject, type);
      if (entity === null) return null;
      const lifetimeS = Math.floor((entity.expiresAt.getTime() - options.now().getTime()) / 1000);
      const key = signingKey(options, superiors.get(party.clientId) ?? []);
      return sign(options, key, 'resolve-response+jwt', party.clientId, lifetimeS, {
        sub: subject,
        metadata: { [type]: entity.metadata },
        trust_marks: marksAnswered(entity),
        trust_chain: entity.jwts,
      });
    },
    refresh: async () => {
      if (options.now().getTime() < dueMs) return;
      reading ??= refresh().finally(() => {
        reading = null;
      });
      await reading;
    },
  };
}

async function resolveOrNull(
  { chains, logger }: RelyingPartiesOptions,
  anchor: string,
  subject: string,
  type: string,
): Promise<ResolvedEntity | null> {
  try {
    return await chains.resolve({ entityId: anchor, jwks: null }, subject, type);
  } catch (error) {
    logger.warn({ err: error, entity: subject }, 'an entity cannot be resolved for another');
    return null;
  }
}

function marksAnswered(entity: ResolvedEntity): readonly { id: string; trust_mark: string }[] {
  return entity.trustMarks.map(({ type, jwt }) => ({ id: type, trust_mark: jwt }));
}

/** Rules of SPID and CIE, metadata of the relying party and of the federation entity. */
function metadataOf(party: RelyingParty, keys: KeyRing): Record<string, unknown> {
  const protocolKeys = [...keys.published('client'), ...keys.published('encryption')];
  return {
    federation_entity: {
      organization_name: party.organizationName,
      homepage_uri: party.homepageUri,
      policy_uri: party.policyUri,
      logo_uri: party.logoUri,
      contacts: party.contacts,
      federation_resolve_endpoint: `${party.clientId}/resolve`,
      ...(party.ipaCode === null ? {} : { id_code: { ipa_code: party.ipaCode } }),
    },
    openid_relying_party: {
      application_type: 'web',
      client_id: party.clientId,
      client_registration_types: ['automatic'],
      client_name: party.organizationName,
      organization_name: party.organizationName,
      contacts: party.contacts,
      redirect_uris: [`${party.clientId}${WHERE_BROWSERS_COME_BACK}`],
      response_types: ['code'],
      // The anchors' policy wants both; no refresh token is ever asked for, since a session here ends within 8 hours.
      grant_types: ['authorization_code', 'refresh_token'],
      subject_type: 'pairwise',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'RS256',
      request_object_signing_alg: 'RS256',
      id_token_signed_response_alg: ID_TOKEN_SIGNATURE,
      userinfo_signed_response_alg: ID_TOKEN_SIGNATURE,
      userinfo_encrypted_response_alg: USERINFO_KEY_WRAP,
      userinfo_encrypted_response_enc: USERINFO_CONTENT,
      jwks: { keys: protocolKeys.map((key) => key.publicJwk) },
    },
  };
}

function trustMarksOf(
  party: RelyingParty,
  about: readonly EntityStatement[],
): readonly { type: string; jwt: string }[] {
  const all = [...party.trustMarks, ...about.flatMap((statement) => statement.trustMarks)];
  return [...new Map(all.map((mark) => [mark.jwt, mark])).values()];
}

/**
 * The federation key to sign with: the newest in use that every superior vouches for. A new key is published in our configuration long
 * before its time; a superior that has not taken it over yet goes on seeing the old one.
 */
function signingKey({ keys, now }: RelyingPartiesOptions, about: readonly EntityStatement[]): SigningKey {
  const active = keys.published('federation').filter((key) => key.activeFrom <= now());
  const newestFirst = active.toSorted((a, b) => b.activeFrom.getTime() - a.activeFrom.getTime());
  const isVouchedFor = (key: SigningKey) =>
    about.every((statement) => statement.jwks.keys.some((one) => one['kid'] === key.kid));
  return newestFirst.find(isVouchedFor) ?? keys.inUse('federation');
}

async function readSuperiors(
  { chains, logger }: RelyingPartiesOptions,
  party: RelyingParty,
  known: ReadonlyMap<string, readonly EntityStatement[]>,
): Promise<readonly EntityStatement[]> {
  const statements = await Promise.all(
    party.authorityHints.map(async (entityId) => {
      try {
        return await chains.statementAbout({ entityId, jwks: null }, party.clientId);
      } catch (error) {
        logger.warn({ err: error, superior: entityId, entity: party.clientId }, 'a superior says nothing of us');
        return known.get(party.clientId)?.find((statement) => statement.issuer === entityId) ?? null;
      }
    }),
  );
  return statements.filter((statement) => statement !== null);
}

async function sign(
  { now }: RelyingPartiesOptions,
  key: SigningKey,
  typ: string,
  issuer: string,
  lifetimeS: number,
  claims: Record<string, unknown>,
): Promise<string> {
  const issuedAt = Math.floor(now().getTime() / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ })
    .setIssuer(issuer)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeS)
    .sign(await privateKeyOf(key));
}
