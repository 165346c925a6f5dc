import { addDays, daysBetween, parseServiceDate, type ServiceDate } from '@campanella/vocabulary';
import { parseTypedDay } from './days.ts';

/** What is in the form: it is kept in the page's address, so that signing in again, or going back, loses nothing. */
export interface AbsenceDraft {
  readonly pupilId: string | null;
  /** As typed; null where nothing was yet. */
  readonly from: string | null;
  readonly to: string | null;
  readonly type: string | null;
}

/** Longest communication that attendance takes, in days. */
export const ABSENCE_DAYS_MAX = 62;

/** Why a form cannot be sent. */
export type DraftFault = 'missing_from' | 'missing_to' | 'inverted' | 'past' | 'range_too_long';

/** Reads a draft from the page's address; what is not there is left open. */
export function readDraft(address: URLSearchParams): AbsenceDraft {
  return {
    pupilId: address.get('utente'),
    from: address.get('da'),
    to: address.get('a'),
    type: address.get('tipologia'),
  };
}

/** Writes a draft as a page's address; {@link readDraft} reads it back. */
export function writeDraft(draft: AbsenceDraft): URLSearchParams {
  const address = new URLSearchParams();
  if (draft.pupilId !== null) address.set('utente', draft.pupilId);
  if (draft.from !== null) address.set('da', draft.from);
  if (draft.to !== null) address.set('a', draft.to);
  if (draft.type !== null) address.set('tipologia', draft.type);
  return address;
}

/** The days of a draft as they would be sent; or the first thing that is wrong with them. @param today in Rome */
export function daysOf(
  draft: { readonly from: string; readonly to: string },
  today: ServiceDate,
): { readonly from: ServiceDate; readonly to: ServiceDate } | DraftFault {
  const [from, to] = [parseTypedDay(draft.from), parseTypedDay(draft.to)];
  if (from === null) return 'missing_from';
  if (to === null) return 'missing_to';
  if (from > to) return 'inverted';
  if (to < today) return 'past';
  return daysBetween(from, to) >= ABSENCE_DAYS_MAX ? 'range_too_long' : { from, to };
}

/** The day a form begins with: the first that can still be communicated, else tomorrow. */
export function firstDay(next: string | null, today: ServiceDate): ServiceDate {
  return parseServiceDate(next ?? '') ?? addDays(today, 1);
}
