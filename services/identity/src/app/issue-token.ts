import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { type Role, type TokenClaims, tokenClaims } from '../domain/token-claims.ts';
import type { Clock, Guardians, PersonStore, Transactions } from './ports.ts';

/** Signs the internal identity token. */
export interface TokenSigner {
  sign(claims: TokenClaims): Promise<string>;
}

/** What issuing a token needs. */
export interface IssueTokenDeps extends Transactions {
  readonly persons: PersonStore;
  readonly guardians: Guardians;
  readonly tokens: TokenSigner;
  readonly clock: Clock;
}

/** Whom the token is for. */
export interface IssueToken {
  readonly municipalityId: number;
  readonly personId: string;
}

/** A signed token. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Date;
  readonly hasPupils: boolean;
  readonly role: Role;
}

/**
 * Issues the internal identity token of a person, with the pupils whose registered payer they are now.
 *
 * @throws AnagraficaAwayError when anagrafica cannot answer: nobody gets a token on what was true before
 */
export async function issueToken(
  deps: IssueTokenDeps,
  command: IssueToken,
): Promise<Decision<IssuedToken, { kind: 'unknown_person' }>> {
  const { municipalityId, personId } = command;
  const person = await deps.transaction((tx) => deps.persons.find(tx, municipalityId, personId));
  if (person === null) return refuse({ kind: 'unknown_person' });
  // The times are taken before anagrafica is asked: a slow answer must not make a stale one live longer.
  const now = deps.clock.now();
  // A company is payer of nobody: its partita IVA and a child's provisional codice fiscale have one shape.
  const isCitizen = person.kind === 'citizen';
  const pupilIds = isCitizen ? await deps.guardians.pupilsOf(municipalityId, person.fiscalCode) : [];
  const role = person.role ?? 'guardian';
  const claims = tokenClaims({ personId, municipalityId, role }, pupilIds, now);
  const token = await deps.tokens.sign(claims);
  return accept({ token, expiresAt: claims.expiresAt, hasPupils: claims.pupilIds.length > 0, role });
}
