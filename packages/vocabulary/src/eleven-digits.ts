/**
 * Says whether a text is eleven digits of which the last is the control digit: the form of a partita IVA, of a company's codice fiscale
 * and of a person's provisional one.
 *
 * Digits in odd places count as they are; those in even places are doubled, less 9 where that is above 9; with the last one the sum ends
 * in 0.
 *
 * @see D.M. 23 December 1976, article 8; D.P.R. 633/1972, article 35
 */
export function hasElevenDigits(text: string): boolean {
  if (!/^\d{11}$/.test(text) || /^0{7}/.test(text)) return false;
  let sum = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = Number(text.charAt(index));
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
