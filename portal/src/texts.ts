import { ITALIAN } from './texts/italian.ts';
import { chosenLanguage } from './texts/language.ts';

/** The same texts in whatever words. */
type InWords<Text> = Text extends string
  ? string
  : Text extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Key in keyof Text]: InWords<Text[Key]> };

export type Texts = InWords<typeof ITALIAN>;

/** The language of the page. */
export const LANGUAGE = chosenLanguage();

/** Everything that a parent reads in the portal, in the language of the page. Italian comes with the page; English is loaded when it is chosen. */
export const TEXTS: Texts = LANGUAGE === 'en' ? (await import('./texts/english.ts')).ENGLISH : ITALIAN;
