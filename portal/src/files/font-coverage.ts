import { create } from 'fontkit';

/** Says whether a font file has a picture of every letter of some texts. */
export function covers(font: Uint8Array, texts: Iterable<string>): boolean {
  // Its types want the bytes of Node; a browser's do as well.
  const opened = create(Object(font));
  if (!('characterSet' in opened)) return false;
  const known = new Set(opened.characterSet);
  for (const text of texts) {
    for (const letter of text) if (letter !== '\n' && !known.has(letter.codePointAt(0) ?? 0)) return false;
  }
  return true;
}
