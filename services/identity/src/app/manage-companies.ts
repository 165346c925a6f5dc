import { randomInt } from 'node:crypto';
import { accept, type Decision, type PartitaIva, refuse } from '@campanella/vocabulary';
import { v7 as uuidv7 } from 'uuid';
import { accountKey } from '../domain/company-credentials.ts';
import type { AttemptStore, Clock, Company, CompanyStore, Passwords, Transactions } from './ports.ts';

/** What an operator's work on companies needs. */
export interface ManageCompaniesDeps extends Transactions {
  readonly companies: CompanyStore;
  readonly attempts: AttemptStore;
  readonly passwords: Passwords;
  readonly clock: Clock;
}

/** Which company. */
export interface CompanyName {
  readonly municipalityId: number;
  readonly partitaIva: PartitaIva;
}

/** Letters and digits that nobody takes for one another when a password is read aloud. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
/** 20 of 31 characters: 99 bits. */
const PASSWORD_LENGTH = 20;

/** Adds a company. @returns its password, which is shown this once and kept as a hash only */
export async function addCompany(
  deps: ManageCompaniesDeps,
  command: CompanyName & { readonly name: string },
): Promise<Decision<{ readonly password: string }, { readonly kind: 'exists' }>> {
  const password = makePassword();
  const passwordHash = await deps.passwords.hash(password);
  return deps.transaction(async (tx) => {
    const earlier = await deps.companies.find(tx, command.municipalityId, command.partitaIva);
    if (earlier !== null) return refuse({ kind: 'exists' });
    const company: Company = { ...command, companyId: uuidv7(), passwordHash, state: 'open' };
    await deps.companies.put(tx, company, deps.clock.now());
    return accept({ password });
  });
}

/** Gives a company a new password, opens it where it was shut, and forgives its failed attempts. */
export async function resetCompany(
  deps: ManageCompaniesDeps,
  { municipalityId, partitaIva }: CompanyName,
): Promise<Decision<{ readonly password: string }, { readonly kind: 'unknown' }>> {
  const password = makePassword();
  const passwordHash = await deps.passwords.hash(password);
  return deps.transaction(async (tx) => {
    const company = await deps.companies.find(tx, municipalityId, partitaIva);
    if (company === null) return refuse({ kind: 'unknown' });
    await deps.companies.put(tx, { ...company, passwordHash, state: 'open' }, deps.clock.now());
    await deps.attempts.forget(tx, municipalityId, accountKey(partitaIva));
    return accept({ password });
  });
}

/** Shuts a company's account: it cannot sign in until it is reset. */
export async function shutCompany(
  deps: ManageCompaniesDeps,
  { municipalityId, partitaIva }: CompanyName,
): Promise<Decision<null, { readonly kind: 'unknown' }>> {
  return deps.transaction(async (tx) => {
    const company = await deps.companies.find(tx, municipalityId, partitaIva);
    if (company === null) return refuse({ kind: 'unknown' });
    await deps.companies.put(tx, { ...company, state: 'shut' }, deps.clock.now());
    return accept(null);
  });
}

function makePassword(): string {
  return Array.from({ length: PASSWORD_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}
