import { demoCitizens } from '@campanella/sandbox-demo-town/citizens';
import { EIDAS_CITIZEN, LEGAL_PERSON } from './eid/people.ts';
import { LEVELS } from './eid/scheme.ts';

/** What a provider does instead of signing a demo citizen in: it refuses, or signs in somebody else, or at a level of its own. */
export type Outcome =
  | { readonly kind: 'refusal'; readonly error: string; readonly description: string }
  | { readonly kind: 'sign_in'; readonly username: string; readonly level?: string };

// Error descriptions are printable ASCII on the wire (RFC 6749): hence the words without accents.
const spidError = (code: number, text: string): Outcome => ({
  kind: 'refusal',
  error: 'access_denied',
  description: `ErrorCode nr${code} ${text}`,
});

/** The outcomes that can be chosen, in the order of the page. @see AgID, "Tabella messaggi di anomalia" (the numbers) */
export const outcomes = {
  nr19: spidError(19, 'Autenticazione fallita per ripetuta sottomissione di credenziali errate'),
  nr20: spidError(20, 'Utente privo di credenziali compatibili con il livello di autenticazione richiesto'),
  nr21: spidError(21, 'Timeout durante autenticazione utente'),
  nr22: spidError(22, 'Utente nega il consenso invio di dati al fornitore del servizio'),
  nr23: spidError(23, 'Utente con credenziali sospese, revocate o bloccate'),
  nr25: spidError(25, 'Processo di autenticazione annullato dal cittadino'),
  unknown_code: spidError(99, 'Errore che nessuna tabella conosce'),
  malformed: { kind: 'refusal', error: 'errore_inventato', description: '<b>ErrorCode nrXX</b>' },
  unavailable: { kind: 'refusal', error: 'temporarily_unavailable', description: 'Servizio momentaneamente fermo' },
  eidas: { kind: 'sign_in', username: EIDAS_CITIZEN },
  legal_person: { kind: 'sign_in', username: LEGAL_PERSON },
  level_too_low: { kind: 'sign_in', username: demoCitizens[0]?.username ?? '', level: LEVELS[0] ?? '' },
} as const satisfies Readonly<Record<string, Outcome>>;

export type OutcomeKey = keyof typeof outcomes;

/** Whether a form names an outcome. */
export function isOutcomeKey(key: unknown): key is OutcomeKey {
  return typeof key === 'string' && Object.hasOwn(outcomes, key);
}
