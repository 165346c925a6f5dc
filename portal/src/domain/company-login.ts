// With a wrong control character too: whoever mistypes it is a person all the same.
const PERSON_SHAPE = /^[A-Z]{6}[0-9L-V]{2}[A-Z][0-9L-V]{2}[A-Z][0-9L-V]{3}[A-Z]$/i;

/** Says whether a username looks like the codice fiscale of a person, who has no password here. */
export function looksLikePerson(username: string): boolean {
  return PERSON_SHAPE.test(username.replaceAll(/\s/g, ''));
}

/** Whole minutes to wait, never too few; null where nobody said how long. */
export function waitMinutes(retryAfterS: number | null): number | null {
  return retryAfterS === null ? null : Math.max(1, Math.ceil(retryAfterS / 60));
}
