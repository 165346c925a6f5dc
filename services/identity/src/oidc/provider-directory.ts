import type { Logger } from '@campanella/service-kit';
import * as openid from 'openid-client';
import { type OfferedProvider, ProviderAwayError } from '../app/ports.ts';
import type { OpenidMethod, Registration } from '../domain/sign-in-method.ts';
import type { KeySet } from '../domain/trust-chain.ts';
import { StatementError } from '../federation/entity-statements.ts';
import { type FetchOptions, isReadable } from '../federation/fetch-text.ts';
import type { ResolvedEntity, TrustAnchor, TrustChains } from '../federation/trust-chains.ts';

/** A provider, with what we know of it. */
export interface ProviderServer {
  readonly metadata: openid.ServerMetadata;
  /** Its keys where its federation vouches for them; null where it publishes them itself at `jwks_uri`. */
  readonly keys: KeySet | null;
  /** The chain that proves them, for the log; empty without a federation. */
  readonly trustChain: readonly string[];
}

/** Knows the providers: by their federation, or by their own discovery document. */
export interface ProviderDirectory {
  offered(method: OpenidMethod): readonly OfferedProvider[];
  /** @param isAnew reads a trust chain again, also while it is fresh @throws ProviderAwayError when nothing valid is known of it */
  server(method: OpenidMethod, issuer: string, isAnew?: boolean): Promise<ProviderServer>;
  /** The anchor of a method that offers an entity; null for an entity that nobody offers. */
  anchorOf(entityId: string): TrustAnchor | null;
  /** Reads the lists of the federations where they are due. Never throws. */
  refresh(): Promise<void>;
}

export interface ProviderDirectoryOptions extends FetchOptions {
  readonly chains: TrustChains;
  readonly methods: readonly OpenidMethod[];
  readonly logger: Logger;
  /** How long a discovery document, or a federation's list, is believed. */
  readonly keptMs: number;
  readonly now: () => Date;
}

type Federation = Extract<Registration, { kind: 'federation' }>;
interface Offer {
  providers: readonly OfferedProvider[];
  dueMs: number;
}
interface Discovered {
  readonly metadata: openid.ServerMetadata;
  readonly untilMs: number;
}

const PROVIDER_TYPE = 'openid_provider';
/** A list that could not be had, or not whole, is asked for again soon. */
const RETRY_MS = 10_000;

/** Opens the directory; it offers no federated provider until it was refreshed. */
export function openProviderDirectory(options: ProviderDirectoryOptions): ProviderDirectory {
  const offers = new Map<string, Offer>();
  const discovered = new Map<string, Discovered>();
  const offered = (method: OpenidMethod): readonly OfferedProvider[] =>
    method.registration.kind === 'static'
      ? [{ issuer: method.registration.issuer, name: method.label }]
      : (offers.get(method.key)?.providers ?? []);
  return {
    offered,
    server: async (method, issuer, isAnew = false) => {
      try {
        return method.registration.kind === 'static'
          ? await discover(options, discovered, method, method.registration)
          : toServer(
              await options.chains.resolve(anchorOf(method.registration), issuer, PROVIDER_TYPE, isAnew),
              options,
            );
      } catch (error) {
        throw new ProviderAwayError(method.key, error);
      }
    },
    anchorOf: (entityId) => {
      const method = options.methods.find((one) => offered(one).some(({ issuer }) => issuer === entityId));
      return method?.registration.kind === 'federation' ? anchorOf(method.registration) : null;
    },
    refresh: async () => {
      for (const method of options.methods) {
        if (method.registration.kind === 'static') continue;
        const known = offers.get(method.key) ?? { providers: [], dueMs: 0 };
        if (options.now().getTime() < known.dueMs) continue;
        offers.set(method.key, await readOffer(options, method, method.registration, known));
      }
    },
  };
}

function anchorOf({ trustAnchor, trustAnchorJwks }: Federation): TrustAnchor {
  return { entityId: trustAnchor, jwks: trustAnchorJwks };
}

async function readOffer(
  options: ProviderDirectoryOptions,
  method: OpenidMethod,
  federation: Federation,
  known: Offer,
): Promise<Offer> {
  const soon = options.now().getTime() + RETRY_MS;
  const anchor = anchorOf(federation);
  let issuers: readonly string[];
  try {
    issuers = federation.issuers ?? (await options.chains.list(anchor, PROVIDER_TYPE));
  } catch (error) {
    options.logger.warn({ err: error, method: method.key }, 'the list of identity providers cannot be read');
    return { providers: known.providers, dueMs: soon };
  }
  let isWhole = true;
  const read = await Promise.all(
    issuers.map(async (issuer) => {
      try {
        const { organizationName } = await options.chains.resolve(anchor, issuer, PROVIDER_TYPE);
        return { issuer, name: organizationName ?? new URL(issuer).host };
      } catch (error) {
        isWhole = false;
        options.logger.warn({ err: error, method: method.key, issuer }, 'an identity provider is not offered');
        // One that is away stays in the list; one that its anchor no longer stands for does not.
        return error instanceof StatementError ? null : (known.providers.find((one) => one.issuer === issuer) ?? null);
      }
    }),
  );
  const providers = read.filter((provider) => provider !== null);
  return { providers, dueMs: isWhole ? options.now().getTime() + options.keptMs : soon };
}

/** What a provider must have for a sign-in, at addresses that may be spoken with. */
function toServer(entity: ResolvedEntity, options: FetchOptions): ProviderServer {
  const { metadata, entityId } = entity;
  const address = (name: string): string => {
    const value = metadata[name];
    if (typeof value === 'string' && isReadable(value, options)) return value;
    throw new StatementError(entityId, `has no ${name} that can be used`);
  };
  if (metadata['issuer'] !== entityId) throw new StatementError(entityId, 'calls itself by another name as a provider');
  const keys = readKeys(metadata['jwks']);
  if (keys === null) throw new StatementError(entityId, 'has no keys');
  const revocation = metadata['revocation_endpoint'];
  return {
    keys,
    trustChain: entity.jwts,
    metadata: {
      issuer: entityId,
      authorization_endpoint: address('authorization_endpoint'),
      token_endpoint: address('token_endpoint'),
      userinfo_endpoint: address('userinfo_endpoint'),
      ...(revocation === undefined ? {} : { revocation_endpoint: address('revocation_endpoint') }),
      // Its keys are those its federation vouches for; this address is never asked, the conversation answers in its place.
      jwks_uri: inlineKeysUri(entityId),
      authorization_response_iss_parameter_supported:
        metadata['authorization_response_iss_parameter_supported'] === true,
    },
  };
}

/** Stands for the keys of a federated provider in a protocol that knows keys by their address only. */
export function inlineKeysUri(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-federation#jwks`;
}

function readKeys(value: unknown): KeySet | null {
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys)) return null;
  return value.keys.length === 0 ? null : { keys: value.keys };
}

async function discover(
  options: ProviderDirectoryOptions,
  discovered: Map<string, Discovered>,
  method: OpenidMethod,
  { issuer, clientId }: Extract<Registration, { kind: 'static' }>,
): Promise<ProviderServer> {
  const nowMs = options.now().getTime();
  const known = discovered.get(method.key);
  if (known !== undefined && nowMs < known.untilMs) return { metadata: known.metadata, keys: null, trustChain: [] };
  try {
    const execute = options.allowInsecureLoopback ? [openid.allowInsecureRequests] : [];
    const timeout = options.timeoutMs / 1000;
    const found = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), { timeout, execute });
    const metadata = found.serverMetadata();
    discovered.set(method.key, { metadata, untilMs: nowMs + options.keptMs });
    return { metadata, keys: null, trustChain: [] };
  } catch (error) {
    if (known === undefined) throw error;
    options.logger.warn(
      { err: error, method: method.key },
      'a provider cannot be discovered; what it said last is used on',
    );
    return { metadata: known.metadata, keys: null, trustChain: [] };
  }
}
