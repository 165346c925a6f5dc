import type { OutcomeKey } from './outcomes.ts';

/** What the citizen reads; every text of the stand-in is here. */
export const TEXT = {
  title: 'Gestore di identità dimostrativo',
  warning: 'Questo gestore è finto: serve a provare il portale. Le persone qui sotto non esistono.',
  choose: 'Con quale identità vuoi entrare?',
  outcomes: 'Oppure prova un altro esito',
  cancel: 'Annulla',
  leaveTitle: 'Vuoi uscire anche dal gestore di identità?',
  leave: 'Esci',
  stay: 'Resta collegato',
  leftTitle: 'Sei uscito dal gestore di identità',
  left: 'Puoi chiudere questa pagina.',
  errorTitle: 'La richiesta non è valida',
  error: 'Torna al portale del tuo comune e riprova ad accedere.',
  policyTitle: 'Informativa dimostrativa',
  policy: 'Questo soggetto è inventato e non tratta dati di persone vere.',
} as const;

/** What each outcome is called on the page. */
export const OUTCOME_LABEL: Readonly<Record<OutcomeKey, string>> = {
  nr19: 'Errore 19: credenziali sbagliate più volte',
  nr20: 'Errore 20: nessuna credenziale del livello richiesto',
  nr21: 'Errore 21: tempo scaduto',
  nr22: 'Errore 22: consenso negato',
  nr23: 'Errore 23: identità sospesa o revocata',
  nr25: 'Errore 25: accesso annullato',
  unknown_code: 'Errore con un numero sconosciuto',
  malformed: 'Errore malformato',
  unavailable: 'Servizio momentaneamente non disponibile',
  eidas: 'Cittadino europeo senza codice fiscale',
  legal_person: 'Persona giuridica',
  level_too_low: 'Livello inferiore a quello richiesto (livello 1)',
};
