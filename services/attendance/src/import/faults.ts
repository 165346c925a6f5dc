import {
  type Fault as FaultOf,
  type FaultSentences,
  FILE_FAULT_SENTENCES,
  type FileFaultKind,
  faultSentence,
} from '@campanella/csv-import';

/** Why a row that can be read cannot be imported. */
type OwnKind =
  | 'unknown_school'
  | 'unknown_class'
  | 'malformed'
  | 'inverted_range'
  | 'range_too_long'
  | 'no_service_day'
  | 'not_a_monday'
  | 'week_outside'
  | 'weeks_differ'
  | 'too_many_dishes'
  | 'text_too_long';

/** Why a file or a row of it cannot be imported. */
export type FaultKind = FileFaultKind | OwnKind;
export type Fault = FaultOf<FaultKind>;

const SENTENCES: FaultSentences<FaultKind> = {
  ...FILE_FAULT_SENTENCES,
  unknown_school: 'la scuola non è in scuole.csv di questa cartella e non è già registrata: controllare il nome',
  unknown_class: 'nessuna classe di questa scuola si chiama così, né fra quelle registrate né in classi.csv',
  malformed: 'il valore non è valido',
  inverted_range: 'l’ultimo giorno viene prima del primo',
  range_too_long: (days) => `il periodo supera ${days} giorni: controllare l’anno`,
  no_service_day: 'in questi giorni la scuola non ha mensa: controllare le date, o indicarli prima in giorni_mensa.csv',
  not_a_monday: 'una rotazione comincia di lunedì',
  week_outside: 'questa settimana è oltre quelle della rotazione',
  weeks_differ: (line) => `la stessa rotazione ha un altro numero di settimane alla riga ${line}`,
  too_many_dishes: (most) => `più di ${most} piatti in un giorno: controllare scuola e date`,
  text_too_long: (most) => `più di ${most} caratteri: abbreviare`,
};

/** The fault as the office reads it: file, line, column, what is wrong and what to do. */
export function sentenceOf(fault: Fault): string {
  return faultSentence(fault, SENTENCES);
}
