import { accept, type Decision, type PartitaIva, refuse } from '@campanella/vocabulary';
import { v7 as uuidv7 } from 'uuid';
import {
  ATTEMPTS_PER_ACCOUNT,
  ATTEMPTS_PER_ADDRESS,
  ATTEMPTS_WINDOW_MS,
  accountKey,
  addressKey,
  readCredentials,
} from '../domain/company-credentials.ts';
import { isOffered, type SignInMethod } from '../domain/sign-in-method.ts';
import type { SignedInPerson } from './complete-sign-in.ts';
import type {
  AttemptStore,
  Clock,
  Company,
  CompanyStore,
  Passwords,
  PersonStore,
  SignInOutcome,
  SignInStore,
  Transactions,
} from './ports.ts';

/** What signing a company in needs. */
export interface SignInCompanyDeps extends Transactions {
  readonly companies: CompanyStore;
  readonly attempts: AttemptStore;
  readonly passwords: Passwords;
  readonly persons: PersonStore;
  readonly signIns: SignInStore;
  readonly methods: readonly SignInMethod[];
  readonly clock: Clock;
}

/** What was typed, and from where. */
export interface SignInCompany {
  readonly municipalityId: number;
  readonly username: string;
  readonly password: string;
  /** Null where it is not known: all of those count as one. */
  readonly sourceAddress: string | null;
}

/** Why no company is signed in. Nothing tells an unknown company from a wrong password. */
export type CompanyRefusal =
  | { readonly kind: 'wrong_credentials' }
  | { readonly kind: 'natural_person' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterS: number };

/**
 * Signs a company in.
 *
 * An attempt is counted before the password is looked at, so that a thousand at once are a thousand; one that succeeds forgives the
 * account's earlier ones. An unknown account costs the same hashing, counts the same and is refused in the same words.
 */
export async function signInCompany(
  deps: SignInCompanyDeps,
  command: SignInCompany,
): Promise<Decision<SignedInPerson, CompanyRefusal>> {
  const read = readCredentials(command.username, command.password);
  if (!read.ok) return refused(deps, command, read.refusal);
  const waitS = await countAttempt(deps, command);
  if (waitS !== null) return refused(deps, command, { kind: 'too_many_attempts', retryAfterS: waitS });
  const company = await findCompany(deps, command.municipalityId, read.value.partitaIva);
  const isRight = await deps.passwords.verify(company?.passwordHash ?? null, command.password);
  if (!isRight || company === null) return refused(deps, command, { kind: 'wrong_credentials' });
  return accept(await signIn(deps, command, company));
}

async function findCompany(
  deps: SignInCompanyDeps,
  municipalityId: number,
  partitaIva: PartitaIva | null,
): Promise<Company | null> {
  const offered = deps.methods.some((method) => method.kind === 'company' && isOffered(method, municipalityId));
  // Asked in any case: the time of an answer must not tell who has an account.
  const company = await deps.transaction((tx) =>
    deps.companies.find(tx, municipalityId, partitaIva ?? ('' as PartitaIva)),
  );
  return offered && company?.state === 'open' ? company : null;
}

/** @returns null where the attempt may go on; else in how many seconds one may try again */
async function countAttempt(deps: SignInCompanyDeps, command: SignInCompany): Promise<number | null> {
  const now = deps.clock.now();
  const window = { now, lengthMs: ATTEMPTS_WINDOW_MS };
  const { municipalityId } = command;
  return deps.transaction(async (tx) => {
    const account = await deps.attempts.count(tx, municipalityId, accountKey(command.username), window);
    const address = await deps.attempts.count(tx, municipalityId, addressKey(command.sourceAddress ?? ''), window);
    const ends = [
      account.attempts > ATTEMPTS_PER_ACCOUNT ? account.windowEndsAt.getTime() : 0,
      address.attempts > ATTEMPTS_PER_ADDRESS ? address.windowEndsAt.getTime() : 0,
    ];
    const end = Math.max(...ends);
    return end === 0 ? null : Math.max(1, Math.ceil((end - now.getTime()) / 1000));
  });
}

async function signIn(deps: SignInCompanyDeps, command: SignInCompany, company: Company): Promise<SignedInPerson> {
  const { municipalityId } = command;
  const signInId = uuidv7();
  const now = deps.clock.now();
  return deps.transaction(async (tx) => {
    await deps.attempts.forget(tx, municipalityId, accountKey(command.username));
    const who = { kind: 'company', fiscalCode: company.partitaIva } as const;
    const personId = await deps.persons.recognise(tx, municipalityId, who, now);
    const provider = 'company';
    const signedIn = { municipalityId, signInId, personId, provider, issuer: null, tokens: null, signedInAt: now };
    await deps.signIns.add(tx, signedIn);
    await deps.signIns.log(tx, entry(command, 'signed_in', now, { signInId, personId }));
    return { personId, displayName: company.name, signInId };
  });
}

async function refused(
  deps: SignInCompanyDeps,
  command: SignInCompany,
  refusal: CompanyRefusal,
): Promise<Decision<never, CompanyRefusal>> {
  const line = entry(command, refusal.kind, deps.clock.now(), { signInId: null, personId: null });
  await deps.transaction((tx) => deps.signIns.log(tx, line));
  return refuse(refusal);
}

function entry(
  command: SignInCompany,
  outcome: SignInOutcome,
  occurredAt: Date,
  ids: { readonly signInId: string | null; readonly personId: string | null },
) {
  const { municipalityId, sourceAddress } = command;
  const none = { issuer: null, errorCode: null, acr: null, requestId: null, responseId: null };
  return { ...none, ...ids, municipalityId, provider: 'company', outcome, sourceAddress, occurredAt };
}
