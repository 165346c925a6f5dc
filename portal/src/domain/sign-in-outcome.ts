const FAILURES = [
  'cancelled',
  'expired',
  'provider_error',
  'provider_away',
  'no_codice_fiscale',
  'unavailable',
  'legal_person',
  'certificate_refused',
] as const;

/** SPID's own numbers (24 is not given to anything), and a level below the one that was asked for. */
const PROVIDER_CODES = ['nr19', 'nr20', 'nr21', 'nr22', 'nr23', 'nr25', 'level_too_low'] as const;

const CARD_CODES = ['untrusted', 'revoked', 'expired', 'not_for_sign_in', 'no_certificate'] as const;

/** Names one screen that explains a sign-in that did not happen. */
export type OutcomeKey =
  | (typeof FAILURES)[number]
  | (typeof PROVIDER_CODES)[number]
  | `card_${(typeof CARD_CODES)[number]}`;

/** What the gateway told of a sign-in that did not happen. */
export interface Outcome {
  readonly key: OutcomeKey;
  /** For the help desk, to be shown small: words of ours only, whatever the address says. */
  readonly reference: string;
}

/**
 * Reads `errore` and `codice` of the address `/accedi`.
 *
 * A code that is not known, or does not belong to its failure, is left out: the failure explains itself. Anybody can write a link, so nothing
 * of the address is ever shown as it is.
 *
 * @returns null where the address tells of no failure
 */
export function outcomeOf(failure: string | null, code: string | null): Outcome | null {
  if (failure === null) return null;
  const known = find(FAILURES, failure) ?? 'unavailable';
  const cardCode = known === 'certificate_refused' ? find(CARD_CODES, code) : undefined;
  if (cardCode !== undefined) return { key: `card_${cardCode}`, reference: `${known} / ${cardCode}` };
  const providerCode = known === 'certificate_refused' ? undefined : find(PROVIDER_CODES, code);
  if (providerCode !== undefined) return { key: providerCode, reference: `${known} / ${providerCode}` };
  return { key: known, reference: known };
}

function find<Word extends string>(words: readonly Word[], wanted: string | null): Word | undefined {
  return words.find((word) => word === wanted);
}
