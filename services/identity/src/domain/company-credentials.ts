import {
  accept,
  type Decision,
  type PartitaIva,
  parseCodiceFiscale,
  parsePartitaIva,
  refuse,
} from '@campanella/vocabulary';

/** Why a company is not signed in, as far as it can be told before any account is looked at. */
export type CredentialsRefusal = { readonly kind: 'natural_person' } | { readonly kind: 'wrong_credentials' };

const PASSWORD_LENGTH_MAX = 200;
/** Attempts within a window, per account and per address, before everybody is told to wait. */
export const ATTEMPTS_PER_ACCOUNT = 10;
export const ATTEMPTS_PER_ADDRESS = 50;
export const ATTEMPTS_WINDOW_MS = 15 * 60 * 1000;

/**
 * Reads what was typed. A person's codice fiscale is refused by its shape alone, whoever has it: companies only sign in here.
 *
 * @returns the partita IVA, or null for a text that is none: it is then checked like an unknown account, at the same cost
 */
export function readCredentials(
  username: string,
  password: string,
): Decision<{ partitaIva: PartitaIva | null }, CredentialsRefusal> {
  const partitaIva = parsePartitaIva(username);
  if (partitaIva === null && parseCodiceFiscale(username)?.length === 16) return refuse({ kind: 'natural_person' });
  if (password === '' || password.length > PASSWORD_LENGTH_MAX) return refuse({ kind: 'wrong_credentials' });
  return accept({ partitaIva });
}

/** The key under which attempts at an account are counted: what was typed, without the ways to write one thing twice. */
export function accountKey(username: string): string {
  return `account/${parsePartitaIva(username) ?? username.normalize('NFKC').trim().toUpperCase().slice(0, 64)}`;
}

/**
 * The key under which attempts from an address are counted. One household has one /64 of IPv6 at the least, so that is one address.
 *
 * @param address as the gateway gives it; an empty one counts as one address
 */
export function addressKey(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return `address/${address}`;
  return `address/${expanded(address).slice(0, 4).join(':')}`;
}

function expanded(address: string): readonly string[] {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left;
  const right = tail === '' ? [] : tail.split(':');
  return [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right];
}
