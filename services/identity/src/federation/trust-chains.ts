import type { Logger } from '@campanella/service-kit';
import { gauge } from '@campanella/service-kit';
import { z } from 'zod';
import type { KeySet } from '../domain/trust-chain.ts';
import { concludeChain, type EntityStatement, type TrustedEntity } from '../domain/trust-chain.ts';
import { isRealTrustMark, readStatement, STATEMENT_TYPE, StatementError } from './entity-statements.ts';
import { type FetchOptions, fetchText, isReadable } from './fetch-text.ts';

/** Where trust begins. */
export interface TrustAnchor {
  readonly entityId: string;
  /** The anchor's keys as handed over out of band; null where its own publication is believed. */
  readonly jwks: KeySet | null;
}

/** A provider that an anchor vouches for, with the statements that prove it. */
export interface ResolvedEntity extends TrustedEntity {
  readonly entityId: string;
  /** The organisation's name as it says itself; null where it says none. */
  readonly organizationName: string | null;
  /** The chain as it was read, leaf first, anchor last: what the log of a sign-in and the resolve end point show. */
  readonly jwts: readonly string[];
  readonly trustMarks: readonly { readonly type: string; readonly jwt: string }[];
}

/** Resolves entities of a federation, with a cache. */
export interface TrustChains {
  /**
   * An entity as its anchor vouches for it. A chain that is still valid is good enough while the anchor is away.
   *
   * @param isAnew reads the chain again though it is fresh, at most every few seconds: for an entity that signs with a key we do not know
   * @throws FetchError when a statement cannot be had and no valid chain is known; StatementError when the chain does not lead to trust
   */
  resolve(anchor: TrustAnchor, entityId: string, type: string, isAnew?: boolean): Promise<ResolvedEntity>;
  /** The entities of a type that an anchor lists. @throws FetchError, StatementError */
  list(anchor: TrustAnchor, type: string): Promise<readonly string[]>;
  /** A superior's present statement about a subordinate. @throws FetchError, StatementError */
  statementAbout(superior: TrustAnchor, subject: string): Promise<EntityStatement>;
}

export interface TrustChainsOptions extends FetchOptions {
  readonly logger: Logger;
  readonly now: () => Date;
}

const WELL_KNOWN = '/.well-known/openid-federation';
/** Superiors on one path, and hints that are followed: real chains have one or two. */
const DEPTH_MAX = 4;
const HINTS_MAX = 5;
/** A chain is read again after this, long before it expires, so that a withdrawn statement or a new key is noticed. */
const FRESH_MS = 10 * 60_000;
const RETRY_MS = 30_000;
/** Whoever can send us unknown keys makes nobody read chains more often than this. */
const ANEW_EVERY_MS = 5_000;
const ENTRIES_MAX = 500;

const chainExpiry = gauge('campanella_identity_trust_chain_expires_seconds', 'When a trust chain in use expires', [
  'entity',
]);

interface Entry {
  resolved: ResolvedEntity | null;
  freshUntilMs: number;
  readAtMs: number;
  resolving: Promise<ResolvedEntity> | null;
}

/** Opens the resolver. */
export function openTrustChains(options: TrustChainsOptions): TrustChains {
  const entries = new Map<string, Entry>();
  return {
    resolve: async (anchor, entityId, type, isAnew = false) => {
      const key = `${anchor.entityId} ${type} ${entityId}`;
      const entry = entries.get(key) ?? { resolved: null, freshUntilMs: 0, readAtMs: 0, resolving: null };
      if (!entries.has(key) && entries.size >= ENTRIES_MAX) entries.delete(entries.keys().next().value ?? '');
      entries.set(key, entry);
      const nowMs = options.now().getTime();
      const isValid = entry.resolved !== null && entry.resolved.expiresAt.getTime() > nowMs;
      const isFresh = nowMs < entry.freshUntilMs && !(isAnew && nowMs - entry.readAtMs > ANEW_EVERY_MS);
      if (isValid && isFresh && entry.resolved !== null) return entry.resolved;
      entry.resolving ??= resolveAnew(options, anchor, entityId, type, entry).finally(() => {
        entry.resolving = null;
      });
      return entry.resolving;
    },
    list: (anchor, type) => listOf(options, anchor, type),
    statementAbout: async (superior, subject) => {
      const own = await readOwn(options, superior.entityId, superior.jwks);
      return (await readAbout(options, own, own.statement.jwks, subject)).statement;
    },
  };
}

async function resolveAnew(
  options: TrustChainsOptions,
  anchor: TrustAnchor,
  entityId: string,
  type: string,
  entry: Entry,
): Promise<ResolvedEntity> {
  try {
    const resolved = await resolveChain(options, anchor, entityId, type);
    entry.resolved = resolved;
    entry.readAtMs = options.now().getTime();
    entry.freshUntilMs = Math.min(options.now().getTime() + FRESH_MS, resolved.expiresAt.getTime());
    chainExpiry.set({ entity: entityId }, resolved.expiresAt.getTime() / 1000);
    return resolved;
  } catch (error) {
    const now = options.now();
    // An authority that says no is obeyed at once; one that says nothing is not.
    if (error instanceof StatementError || entry.resolved === null || entry.resolved.expiresAt <= now) {
      entry.resolved = null;
      throw error;
    }
    options.logger.warn(
      { err: error, entity: entityId },
      'a trust chain cannot be renewed; the one in hand is still valid',
    );
    entry.freshUntilMs = now.getTime() + RETRY_MS;
    return entry.resolved;
  }
}

interface Read {
  readonly statement: EntityStatement;
  readonly jwt: string;
}

async function resolveChain(
  options: TrustChainsOptions,
  anchor: TrustAnchor,
  entityId: string,
  type: string,
): Promise<ResolvedEntity> {
  const anchorOwn = await readOwn(options, anchor.entityId, anchor.jwks);
  const leaf = await readOwn(options, entityId, null);
  const subordinates = await climb(options, leaf, anchorOwn, 0);
  if (subordinates === null) throw new StatementError(entityId, `leads to no statement of ${anchor.entityId}`);
  const chain = {
    leaf: leaf.statement,
    subordinates: subordinates.map(({ statement }) => statement),
    anchor: anchorOwn.statement,
  };
  const now = options.now();
  const concluded = concludeChain(chain, type, now);
  if (!concluded.ok) throw new StatementError(entityId, concluded.refusal.code);
  const trustMarks = await realTrustMarks(chain, now);
  // Without a mark an entity is no member of the federation, whatever else is said of it (Italian rules, trust marks).
  if (trustMarks.length === 0) throw new StatementError(entityId, 'has no trust mark that the anchor stands for');
  const name = leaf.statement.metadata['federation_entity']?.['organization_name'];
  const organizationName = typeof name === 'string' ? name : null;
  return {
    ...concluded.value,
    entityId,
    organizationName,
    trustMarks,
    jwts: [leaf, ...subordinates, anchorOwn].map(({ jwt }) => jwt),
  };
}

async function realTrustMarks(
  {
    leaf,
    subordinates,
    anchor,
  }: { leaf: EntityStatement; subordinates: readonly EntityStatement[]; anchor: EntityStatement },
  now: Date,
): Promise<readonly { readonly type: string; readonly jwt: string }[]> {
  // Keys of those on the path alone: the anchor's own, and an intermediate's as its superior vouches for them.
  const keysOf = (issuer: string) => {
    if (issuer === anchor.subject) return anchor.jwks;
    return subordinates.find(({ subject }) => subject === issuer && issuer !== leaf.subject)?.jwks ?? null;
  };
  const real = await Promise.all(
    leaf.trustMarks.map((mark) => isRealTrustMark(mark, leaf.subject, anchor, keysOf, now)),
  );
  return leaf.trustMarks.filter((_mark, index) => real[index] === true);
}

/** The statements from an entity up to the anchor, nearest first; null where no path leads there. */
async function climb(
  options: TrustChainsOptions,
  entity: Read,
  anchor: Read,
  depth: number,
): Promise<readonly Read[] | null> {
  if (depth >= DEPTH_MAX) return null;
  const hints = entity.statement.authorityHints.filter((hint) => isReadable(hint, options)).slice(0, HINTS_MAX);
  // The anchor itself first: the shortest path is the usual one.
  const isAnchor = (hint: string) => hint === anchor.statement.subject;
  let fault: unknown = null;
  for (const hint of hints.toSorted((a, b) => Number(isAnchor(b)) - Number(isAnchor(a)))) {
    try {
      const path = await climbThrough(options, entity, hint, anchor, depth);
      if (path !== null) return path;
    } catch (error) {
      fault ??= error;
    }
  }
  if (fault !== null) throw fault;
  return null;
}

async function climbThrough(
  options: TrustChainsOptions,
  entity: Read,
  hint: string,
  anchor: Read,
  depth: number,
): Promise<readonly Read[] | null> {
  if (hint === anchor.statement.subject) return [await vouchedBy(options, anchor, anchor.statement.jwks, entity)];
  const superior = await readOwn(options, hint, null);
  const above = await climb(options, superior, anchor, depth + 1);
  const [aboutSuperior] = above ?? [];
  if (above === null || aboutSuperior === undefined) return null;
  return [await vouchedBy(options, superior, aboutSuperior.statement.jwks, entity), ...above];
}

/**
 * A superior's statement about an entity, after checking that the entity's own word is signed with a key the superior vouches for.
 *
 * @param keys of the superior, as its own superior vouches for them
 */
async function vouchedBy(options: TrustChainsOptions, superior: Read, keys: KeySet, entity: Read): Promise<Read> {
  const { subject } = entity.statement;
  const about = await readAbout(options, superior, keys, subject);
  await readStatement(entity.jwt, { issuer: subject, subject, keys: about.statement.jwks, now: options.now() });
  return about;
}

async function readOwn(options: TrustChainsOptions, entityId: string, keys: KeySet | null): Promise<Read> {
  const jwt = await fetchText(`${entityId.replace(/\/$/, '')}${WELL_KNOWN}`, STATEMENT_TYPE, options);
  return {
    jwt,
    statement: await readStatement(jwt, { issuer: entityId, subject: entityId, keys, now: options.now() }),
  };
}

async function readAbout(options: TrustChainsOptions, superior: Read, keys: KeySet, subject: string): Promise<Read> {
  const url = new URL(endPoint(superior.statement, 'federation_fetch_endpoint'));
  url.searchParams.set('sub', subject);
  const jwt = await fetchText(url.href, STATEMENT_TYPE, options);
  const issuer = superior.statement.subject;
  return { jwt, statement: await readStatement(jwt, { issuer, subject, keys, now: options.now() }) };
}

const Listed = z.array(z.string()).max(1_000);

async function listOf(options: TrustChainsOptions, anchor: TrustAnchor, type: string): Promise<readonly string[]> {
  const own = await readOwn(options, anchor.entityId, anchor.jwks);
  const url = new URL(endPoint(own.statement, 'federation_list_endpoint'));
  url.searchParams.set('entity_type', type);
  const text = await fetchText(url.href, 'application/json', options);
  const { data } = Listed.safeParse(parseJson(text));
  if (data === undefined) throw new StatementError(anchor.entityId, 'lists something that is no list of entities');
  return data.filter((entityId) => isReadable(entityId, options));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function endPoint(statement: EntityStatement, name: string): string {
  const value = statement.metadata['federation_entity']?.[name];
  if (typeof value !== 'string' || URL.parse(value) === null)
    throw new StatementError(statement.subject, `has no ${name}`);
  return value;
}
