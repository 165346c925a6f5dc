import { accept, type Decision, refuse } from '@campanella/vocabulary';
import type { ProviderProfile } from './provider-profile.ts';

/** What we take from an identity, and nothing more. */
export interface Citizen {
  readonly codiceFiscale: string;
  readonly displayName: string;
}

/** Why an authentic answer of a provider does not sign anybody in. */
export type CitizenRefusal =
  | { readonly kind: 'no_codice_fiscale' }
  | { readonly kind: 'level_too_low' }
  | { readonly kind: 'unreadable_name' };

const NAME_LENGTH_MAX = 200;
// Sixteen characters with the letters that omocodia puts in place of digits; or the eleven digits of a provisional code.
const CODICE_FISCALE = /^(?:[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]|[0-9]{11})$/;

/**
 * Reads the citizen from the claims that a provider vouches for.
 *
 * @param claims userinfo and id token claims, already checked for issuer, signature, nonce and subject
 * @param acr the level that the provider says was reached; null when it says none
 */
export function readCitizen(
  profile: ProviderProfile,
  claims: Readonly<Record<string, unknown>>,
  acr: string | null,
): Decision<Citizen, CitizenRefusal> {
  if (profile.acrValues.length > 0 && (acr === null || !profile.acrValues.includes(acr))) {
    return refuse({ kind: 'level_too_low' });
  }
  const codiceFiscale = readCodiceFiscale(profile, claims);
  // A citizen of another state of the EU (eIDAS) may well have none.
  if (codiceFiscale === null) return refuse({ kind: 'no_codice_fiscale' });
  const displayName = [claims['given_name'], claims['family_name']].filter(isText).join(' ').trim();
  if (displayName === '' || displayName.length > NAME_LENGTH_MAX) return refuse({ kind: 'unreadable_name' });
  return accept({ codiceFiscale, displayName });
}

function readCodiceFiscale(profile: ProviderProfile, claims: Readonly<Record<string, unknown>>): string | null {
  const value = claims[profile.codiceFiscaleClaim];
  if (!isText(value) || !value.startsWith(profile.codiceFiscalePrefix)) return null;
  const code = value.slice(profile.codiceFiscalePrefix.length).toUpperCase();
  return CODICE_FISCALE.test(code) ? code : null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
