declare const brand: unique symbol;

/** The 18 digits printed on a notice: aux digit, segregation code, base, check digits. Never a number: it would not be exact. */
export type NoticeNumber = string & { readonly [brand]: 'NoticeNumber' };

/** The aux digit under which several issuers of one creditor keep apart by their segregation codes. */
const AUX_DIGIT = '3';
const BASE_DIGITS = 13;
const SHAPE = /^\d{18}$/;

/** Takes 18 digits as a notice number; null for any other text. Their check digits are not looked at: a wrong number is an unknown one. */
export function parseNoticeNumber(text: string): NoticeNumber | null {
  return SHAPE.test(text) ? (text as NoticeNumber) : null;
}

/**
 * Makes the notice number of a base number.
 *
 * @param segregationCode two digits that pagoPA gave to the creditor's station
 * @param base 1 to 9,999,999,999,999, never used before by this creditor under this code
 * @throws RangeError on a wrong shape: callers take both from their own tables, so it is a bug and not bad input
 * @see SACI 1.4.0, 2.2: remainder modulo 93 of the sixteen digits before it
 */
export function noticeNumber(segregationCode: string, base: number): NoticeNumber {
  if (!/^\d{2}$/.test(segregationCode)) throw new RangeError('a segregation code is two digits');
  if (!Number.isSafeInteger(base) || base < 1 || base >= 10 ** BASE_DIGITS) {
    throw new RangeError(`a base number is 1 to ${10 ** BASE_DIGITS - 1}`);
  }
  const body = `${AUX_DIGIT}${segregationCode}${String(base).padStart(BASE_DIGITS, '0')}`;
  // Sixteen digits that begin with 3 are below Number.MAX_SAFE_INTEGER, so the remainder is exact.
  return `${body}${String(Number(body) % 93).padStart(2, '0')}` as NoticeNumber;
}

/** The payment's identifier (IUV, `creditorReferenceId`) of a notice: its number without the aux digit. */
export function iuvOf(notice: NoticeNumber): string {
  return notice.slice(1);
}
