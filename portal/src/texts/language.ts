/** Languages of the portal: Italian, and English for who does not read it. */
export const LANGUAGES = ['it', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = 'lingua';

/** The language that was chosen in this browser; Italian where none was, or where the browser keeps nothing. */
export function chosenLanguage(): Language {
  try {
    return LANGUAGES.find((one) => one === globalThis.localStorage?.getItem(KEY)) ?? 'it';
  } catch {
    return 'it';
  }
}

/** Keeps the choice in this browser and loads the page again in that language, where it stands. */
export function chooseLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    return;
  }
  location.reload();
}
