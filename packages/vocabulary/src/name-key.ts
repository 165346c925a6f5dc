const SEPARATOR = '\n';

/** What the office calls a record, for comparing: spaces and case make no difference. */
export function nameKey(...words: readonly string[]): string {
  return words.map((word) => word.normalize('NFC').replaceAll(/\s+/g, ' ').trim().toLowerCase()).join(SEPARATOR);
}
