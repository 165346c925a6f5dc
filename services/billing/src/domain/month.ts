import { addDays, type ServiceDate, serviceDate } from '@campanella/vocabulary';

declare const brand: unique symbol;

/** A calendar month, `YYYY-MM`. */
export type Month = string & { readonly [brand]: 'Month' };

const SHAPE = /^20\d{2}-(?:0[1-9]|1[0-2])$/;
const NAME = new Intl.DateTimeFormat('it-IT', { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** Takes `YYYY-MM`; null for any other text. */
export function parseMonth(text: string): Month | null {
  return SHAPE.test(text) ? (text as Month) : null;
}

export function firstDayOf(month: Month): ServiceDate {
  return serviceDate(`${month}-01`);
}

export function lastDayOf(month: Month): ServiceDate {
  const [year = 0, ordinal = 0] = month.split('-').map(Number);
  const next = ordinal === 12 ? `${year + 1}-01-01` : `${year}-${String(ordinal + 1).padStart(2, '0')}-01`;
  return addDays(serviceDate(next), -1);
}

/** As parents read it, e.g. "ottobre 2026". */
export function monthName(month: Month): string {
  return NAME.format(new Date(`${month}-01T12:00:00Z`));
}
