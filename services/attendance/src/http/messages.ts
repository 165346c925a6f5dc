/** What parents and the office read when a request is refused. */
export const MESSAGES = {
  malformed: 'I parametri della ricerca non sono validi: controllare servizio e date',
  invertedRange: 'La data iniziale è successiva alla data finale: correggere il periodo',
  rangeTooLong: 'Il periodo è troppo lungo: scegliere al massimo 36 mesi',
  malformedEdit: 'Nulla è stato salvato: correggere i campi indicati e riprovare',
  malformedAbsence: 'La comunicazione non è valida: controllare date e tipologia',
  absenceRangeTooLong:
    'Il periodo è troppo lungo: comunicare al massimo 62 giorni per volta, o rivolgersi al proprio Comune per sospendere il servizio',
  rangeInThePast: 'Le date sono già passate: per correggere un giorno passato rivolgersi al proprio Comune',
  absencesNotOffered: 'Questa scuola non riceve le assenze da qui: rivolgersi al proprio Comune',
  unknownType: 'La tipologia scelta non è prevista: ricaricare la pagina e scegliere di nuovo',
  requestDiffers: 'Questa comunicazione è già stata inviata con altri dati: ricaricare la pagina e riprovare',
  mealNotCharged: 'Questo pasto non è costato nulla: non c’è niente da stornare',
  mealAlreadyCorrected: 'Questo pasto è già stato stornato',
} as const;
