import type { RecordRefusalKind } from './domain/records.ts';

/** Why a record cannot be stored, as the office reads it. */
export const REFUSAL_SENTENCES: Readonly<Record<RecordRefusalKind, string>> = {
  malformed: 'il valore non è valido',
  invalid_codice_fiscale: 'codice fiscale errato: controllare i 16 caratteri',
  codice_fiscale_taken: 'questo codice fiscale è già di un’altra persona',
  inverted_validity: 'l’ultimo giorno viene prima del primo',
  overlapping_validity: 'si sovrappone a un altro periodo già presente: chiudere prima quello',
  unknown_reference: 'non c’è in nessun file di questa importazione e non è già registrato',
  badge_held: 'questo badge è già in uso per un altro alunno: bloccare prima quello',
  badge_replaced: 'questo badge è stato sostituito e non può tornare in uso',
  fixed_field_changed: 'questo dato non si può cambiare: registrarne uno nuovo',
  duplicate: 'c’è due volte',
  outside_school_year: 'il periodo esce dall’anno scolastico',
  tariff_of_other_service: 'la tariffa è di un altro servizio',
  missing_certificate:
    'per una dieta di salute serve il riferimento del certificato, per una etica quello della dichiarazione',
  household_name_taken: 'un altro nucleo ha già questo nome: aggiungere qualcosa che li distingua',
  pupil_of_other_household: 'un alunno è già in un altro nucleo: toglierlo prima da quello',
  overlapping_bands: 'per lo stesso ISEE valgono due fasce: controllare da dove a dove arriva ciascuna',
  band_gap: 'fra questa fascia ISEE e quella sotto resta un vuoto: farla cominciare dove l’altra finisce',
  days_without_price:
    'in alcuni giorni dell’iscrizione la tariffa non ha un prezzo: aggiungerlo, o accorciare il periodo',
  no_sibling:
    'riduzione per fratelli, ma nel nucleo dell’alunno nessun altro alunno è iscritto in quei giorni: registrare il nucleo, o cambiare il motivo',
  light_diet_too_long:
    'una dieta leggera senza certificato dura troppi giorni: accorciarla, o registrarne una di salute',
};
