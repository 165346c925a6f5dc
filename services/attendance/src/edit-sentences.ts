import type { EditField } from './domain/calendar-edit.ts';

const DAY = 'scrivere un giorno del calendario';

/** What the office reads where a field of an edit, or a cell of a file, is not right: what to write instead. */
export const EDIT_SENTENCES: Readonly<Record<EditField, string>> = {
  municipality_id: 'il Comune non è riconosciuto',
  school_id: 'la scuola non è riconosciuta',
  service: 'scrivere il codice di un servizio, per esempio school_meals',
  from: DAY,
  until: 'l’ultimo giorno deve venire dopo il primo, per al massimo 800 giorni',
  service_dates: 'scrivere giorni del calendario che stanno fra il primo e l’ultimo',
  service_date: DAY,
  days: 'indicare ogni giorno una volta sola, al massimo 800 giorni, dentro le settimane della rotazione',
  kind: 'scrivere closure (chiusura), strike (sciopero) o trip (gita)',
  reason: 'scrivere il motivo, al massimo 300 caratteri',
  second_sitting_classes: 'scrivere i nomi delle classi, al massimo 200',
  menus: 'indicare ogni giorno una volta sola, al massimo 1.000 giorni',
  text: 'scrivere al massimo 2.000 caratteri',
  courses: 'un menu ha al massimo 40 piatti',
  course: 'la portata non è fra quelle previste',
  name: 'scrivere il nome del piatto, al massimo 200 caratteri',
  allergens: 'gli allergeni sono quelli dell’allegato II del regolamento (UE) 1169/2011',
  diet_code: 'il codice di una dieta ha al massimo 20 caratteri: lettere maiuscole, cifre, + e -',
  starts_on: 'la rotazione comincia di lunedì',
  weeks: 'una rotazione ha da 1 a 12 settimane',
  service_days_before: 'scrivere un numero di giorni di mensa da 0 a 10',
  cut_off_time: 'scrivere un’ora, per esempio 09:30',
  types: 'indicare da 1 a 20 tipologie, ciascuna con un codice suo e una descrizione',
  'late.until_time': 'scrivere un’ora, per esempio 11:00',
  policy: 'scrivere on_swipe (a passaggio) o booked (a prenotazione)',
  since: DAY,
  cut_off_at_ms: 'il nuovo termine deve cadere nel giorno stesso o prima',
};
