import type { Cents } from '@campanella/vocabulary';
import { hasSameContent, type KeptRefusal, type Transfer, type TransferRefusal } from './transfer.ts';

/** A transfer was posted; balances are those of household accounts after it. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly seq: number;
  readonly debitBalanceAfterCents: Cents | null;
  readonly creditBalanceAfterCents: Cents | null;
}

export interface Refused {
  readonly kind: 'refused';
  readonly refusal: TransferRefusal;
}

/** Not decided, or its fate is not known here: send it again under the same id, as a retry. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

export type Answer = Accepted | Refused | Unavailable;

/** What the journal holds under an id. */
export type JournalEntry =
  | { readonly kind: 'transfer'; readonly transfer: Transfer; readonly accepted: Accepted; readonly postedAtMs: number }
  | { readonly kind: 'refusal'; readonly refusal: KeptRefusal; readonly refusedAtMs: number };

/** The answer to a transfer whose id the journal knows: the first one again, or a refusal where the content is another. */
export function answerFromJournal(entry: JournalEntry, asked: Transfer): Answer {
  if (entry.kind === 'refusal') return { kind: 'refused', refusal: entry.refusal };
  if (hasSameContent(entry.transfer, asked)) return entry.accepted;
  return { kind: 'refused', refusal: { kind: 'content_differs', knownAmountCents: entry.transfer.amountCents } };
}
