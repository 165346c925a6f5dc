import { DAY, type Layout as FileLayout, optional, required } from '@campanella/csv-import';

/** A file of the import, by what its rows tell. */
export type FileKind = 'serviceDays' | 'closedDays' | 'sittings' | 'menus' | 'rotations';

/** A file of the import. */
export interface Layout extends FileLayout {
  readonly kind: FileKind;
}

const SCHOOL = required('scuola', 'school', 'Nome della scuola', 'Scuola primaria Il Girasole');
const SERVICE = optional('servizio', 'service', 'Codice del servizio; vuoto: school_meals', 'school_meals');
const FROM = required('dal', 'from', `Primo giorno, ${DAY}`, '14/09/2026');
const UNTIL = optional('al', 'until', `Ultimo giorno compreso, ${DAY}; vuoto: il primo`, '05/06/2027');
const DISH = [
  required('portata', 'course', 'primo, secondo, contorno, piatto_unico, pane, frutta, dolce o merenda', 'primo'),
  required('piatto', 'name', 'Nome, come lo leggono i genitori', 'Pasta al pomodoro'),
  required(
    'allergeni',
    'allergens',
    'nessuno, oppure fra: glutine, crostacei, uova, pesce, arachidi, soia, latte, frutta_a_guscio, sedano, senape, sesamo, solfiti, lupini, molluschi',
    'glutine, sedano',
  ),
  optional('dieta', 'diet_code', 'Codice della dieta per cui sostituisce il piatto comune; vuoto: per tutti', 'GF'),
];

/** The files of an import in the order in which they are read. */
export const LAYOUTS: readonly Layout[] = [
  {
    kind: 'serviceDays',
    fileName: 'giorni_mensa.csv',
    about: 'I giorni di mensa, si aggiungono a quelli registrati; un giorno chiuso resta chiuso, e no prevale su si',
    columns: [
      SCHOOL,
      SERVICE,
      FROM,
      UNTIL,
      optional('giorni', 'weekdays', 'lun, mar, mer, gio, ven, sab, dom; vuoto: tutti', 'lun mar mer gio ven'),
      optional('mensa', 'serves', 'si o no; no toglie i giorni; vuoto: si', 'si'),
    ],
  },
  {
    kind: 'closedDays',
    fileName: 'chiusure.csv',
    about: 'I giorni di mensa che saltano, per la scuola o per una classe; quelle registrate e non ripetute restano',
    columns: [
      SCHOOL,
      SERVICE,
      FROM,
      UNTIL,
      optional('classe', 'class_name', 'Classe; vuoto: tutta la scuola', '3B'),
      optional('tipo', 'kind', 'chiusura, sciopero o gita; vuoto: chiusura', 'chiusura'),
      optional('motivo', 'reason', 'Come lo leggono i genitori; obbligatorio se non è annullata', 'Vacanze di Natale'),
      optional('annullata', 'cancelled', 'si o no; si toglie la chiusura registrata; vuoto: no', 'no'),
    ],
  },
  {
    kind: 'sittings',
    fileName: 'turni.csv',
    about: 'Il turno di mensa delle classi; quelle mai indicate mangiano al primo',
    columns: [
      SCHOOL,
      SERVICE,
      required('classe', 'class_name', 'Classe', '3B'),
      required('turno', 'sitting', '1 o 2', '2'),
    ],
  },
  {
    kind: 'menus',
    fileName: 'menu.csv',
    about: 'Un piatto per riga; il menu di un giorno nominato diventa tutto e solo quello che dice il file',
    columns: [SCHOOL, SERVICE, required('giorno', 'service_date', `Giorno, ${DAY}`, '14/09/2026'), ...DISH],
  },
  {
    kind: 'rotations',
    fileName: 'menu_rotazione.csv',
    about: 'Un piatto per riga; una rotazione nominata diventa tutta e sola quella che dice il file',
    columns: [
      SCHOOL,
      SERVICE,
      required('dal', 'starts_on', `Il lunedì in cui comincia, ${DAY}`, '14/09/2026'),
      required('settimane', 'weeks', 'Quante settimane ha, da 1 a 12', '4'),
      required('settimana', 'week', 'Settimana della rotazione, da 1', '1'),
      required('giorno', 'weekday', 'lun, mar, mer, gio, ven, sab o dom', 'lun'),
      ...DISH,
    ],
  },
];
