import { accept, type CodiceFiscale, type Decision, parseCodiceFiscale, refuse } from '@campanella/vocabulary';
import type { OpenidMethod } from './sign-in-method.ts';

/** What we take from an identity, and nothing more. */
export interface Citizen {
  readonly codiceFiscale: CodiceFiscale;
  readonly displayName: string;
}

/** Why an authentic answer of a provider does not sign anybody in. */
export type CitizenRefusal =
  | { readonly kind: 'no_codice_fiscale' }
  | { readonly kind: 'legal_person' }
  | { readonly kind: 'level_too_low' }
  | { readonly kind: 'unreadable_name' };

const NAME_LENGTH_MAX = 200;

/**
 * Reads the citizen from the claims that a provider vouches for.
 *
 * @param claims userinfo and id token claims, already checked for issuer, signature, nonce and subject
 * @param acr the level that the provider says was reached; null when it says none
 */
export function readCitizen(
  method: OpenidMethod,
  claims: Readonly<Record<string, unknown>>,
  acr: string | null,
): Decision<Citizen, CitizenRefusal> {
  if (method.acrAccepted.length > 0 && (acr === null || !method.acrAccepted.includes(acr))) {
    return refuse({ kind: 'level_too_low' });
  }
  if (method.companyClaims.some((claim) => claims[claim] !== undefined)) return refuse({ kind: 'legal_person' });
  const codiceFiscale = readCodiceFiscale(method, claims);
  // A citizen of another state of the EU (eIDAS) may well have none.
  if (codiceFiscale === null) return refuse({ kind: 'no_codice_fiscale' });
  const displayName = [claims['given_name'], claims['family_name']].filter(isText).join(' ').trim();
  if (displayName === '' || displayName.length > NAME_LENGTH_MAX) return refuse({ kind: 'unreadable_name' });
  return accept({ codiceFiscale, displayName });
}

function readCodiceFiscale(method: OpenidMethod, claims: Readonly<Record<string, unknown>>): CodiceFiscale | null {
  const value = claims[method.codiceFiscaleClaim];
  if (!isText(value) || !value.startsWith(method.codiceFiscalePrefix)) return null;
  return parseCodiceFiscale(value.slice(method.codiceFiscalePrefix.length));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
