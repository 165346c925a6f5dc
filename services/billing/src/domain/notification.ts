/** What a guardian is told about. */
export type NotificationKind = 'top_up_credited' | 'document_issued' | 'document_overdue' | 'low_credit';

/** A message as mail and the App IO take it: nothing in it says who, how much or for what meal. */
export interface NotificationText {
  /** 10 to 120 characters, as the App IO wants it. */
  readonly subject: string;
  /** 80 to 10,000 characters. */
  readonly body: string;
}

const TEXTS: Record<NotificationKind, { readonly subject: string; readonly body: string }> = {
  top_up_credited: {
    subject: 'Ricarica accreditata sul conto dei servizi scolastici',
    body: 'La ricarica che hai pagato è stata accreditata. Sul portale dei servizi scolastici trovi il saldo aggiornato, i movimenti e la ricevuta.',
  },
  document_issued: {
    subject: 'Nuovo documento dei servizi scolastici',
    body: 'È stato emesso un nuovo documento dei servizi scolastici. Sul portale puoi leggerlo, pagarlo online o stampare l’avviso pagoPA per pagarlo altrove.',
  },
  document_overdue: {
    subject: 'Promemoria: un documento dei servizi scolastici è scaduto',
    body: 'Un documento dei servizi scolastici risulta scaduto e non pagato. Sul portale puoi pagarlo online o stampare l’avviso pagoPA. Se hai già pagato, non occorre fare nulla.',
  },
  low_credit: {
    subject: 'Il credito dei servizi scolastici sta per finire',
    body: 'Il credito del conto dei servizi scolastici sta per finire. Il servizio continua come sempre: sul portale puoi fare una ricarica quando vuoi.',
  },
};

/** What is said of a fact. @param portalUrl where it can be looked at, after signing in */
export function notificationText(kind: NotificationKind, companyName: string, portalUrl: string): NotificationText {
  const { subject, body } = TEXTS[kind];
  return { subject, body: `${body}\n\n${portalUrl}\n\n${companyName}` };
}

/** How often sending is tried before it waits for people. */
export const ATTEMPTS_MAX = 12;
const WAIT_FROM_MS = 5_000;
const WAIT_TO_MS = 3_600_000;

/** How long after an attempt that failed the next one is made: twice as long each time, an hour at the most. */
export function waitAfter(attempts: number): number {
  return Math.min(WAIT_TO_MS, WAIT_FROM_MS * 2 ** (attempts - 1));
}
