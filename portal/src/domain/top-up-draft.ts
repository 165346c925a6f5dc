/** What is in the form: it is kept in the page's address, so that signing in again, or going back, loses nothing. */
export interface TopUpDraft {
  readonly service: string | null;
  readonly badgeId: string | null;
  /** As typed. */
  readonly amount: string;
}

/** What an amount must keep to. */
export interface AmountRules {
  readonly minimumCents: number;
  readonly maximumCents: number;
  readonly stepCents: number;
}

/** Why a form cannot be sent. */
export type AmountFault = 'unreadable' | 'below_minimum' | 'above_maximum' | 'off_step';

/** Reads a draft from the page's address; what is not there is left open. */
export function readTopUpDraft(address: URLSearchParams): TopUpDraft {
  return {
    service: address.get('servizio'),
    badgeId: address.get('badge'),
    amount: address.get('importo') ?? '',
  };
}

/** Writes a draft as a page's address; {@link readTopUpDraft} reads it back. */
export function writeTopUpDraft(draft: TopUpDraft): URLSearchParams {
  const address = new URLSearchParams();
  if (draft.service !== null) address.set('servizio', draft.service);
  if (draft.badgeId !== null) address.set('badge', draft.badgeId);
  if (draft.amount !== '') address.set('importo', draft.amount);
  return address;
}

/** Takes an amount as people type it: `20`, `20,5`, `1.234,50`, `20.50`; null for what is none. @returns euro cents */
export function parseTypedAmount(text: string): number | null {
  const typed = text.replaceAll(/[\s€]/g, '');
  // With a comma the points only group thousands; without one a last point and two digits are cents.
  const plain = typed.includes(',') ? typed.replaceAll(/\.(?=\d{3}(?:\D|$))/g, '').replace(',', '.') : typed;
  const match = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(plain);
  if (match === null) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

/** The amount as it would be sent, in euro cents; or what is wrong with it. */
export function amountOf(text: string, rules: AmountRules): number | AmountFault {
  const amountCents = parseTypedAmount(text);
  if (amountCents === null) return 'unreadable';
  if (amountCents < rules.minimumCents) return 'below_minimum';
  if (amountCents > rules.maximumCents) return 'above_maximum';
  return amountCents % rules.stepCents === 0 ? amountCents : 'off_step';
}
