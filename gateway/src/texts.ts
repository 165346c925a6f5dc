/** Everything that a parent may read from the gateway; the portal has its own catalogue. */
export const TEXTS = {
  unknownHost: {
    title: 'Indirizzo non riconosciuto',
    detail:
      'A questo indirizzo non risponde nessun comune. Controlla di averlo scritto bene, o parti dal sito del tuo comune.',
  },
  notFound: {
    title: 'Pagina non trovata',
    detail: "L'indirizzo non esiste o non esiste più. Torna alla pagina iniziale dei servizi scolastici.",
  },
  badRequest: {
    title: 'Richiesta non valida',
    detail: "L'indirizzo richiesto non è valido. Torna alla pagina iniziale dei servizi scolastici e riprova da lì.",
  },
  methodNotAllowed: {
    title: 'Operazione non prevista',
    detail: 'Questa operazione non è prevista a questo indirizzo.',
  },
  lengthRequired: { title: 'Richiesta non valida', detail: 'La richiesta non dice quanto è lunga.' },
  tooLarge: { title: 'Richiesta troppo grande', detail: 'La richiesta supera la dimensione ammessa.' },
  headersTooLarge: {
    title: 'Richiesta troppo grande',
    detail: 'Il browser ha inviato troppe informazioni. Cancella i cookie di questo sito e riprova.',
  },
  unreadableBody: {
    title: 'Dati non leggibili',
    detail: 'I dati inviati non sono leggibili. Torna alla pagina, ricaricala e riprova.',
  },
  signedOut: {
    title: 'Accesso richiesto',
    detail: 'Per consultare questi dati accedi con la tua identità digitale.',
  },
  crossSite: {
    title: 'Richiesta rifiutata',
    detail: 'La richiesta non viene da questo sito. Torna alla pagina, ricaricala e riprova.',
  },
  tooMany: {
    title: 'Troppe richieste',
    detail: 'Sono arrivate troppe richieste in poco tempo. Aspetta qualche minuto e riprova.',
  },
  unsupportedMediaType: {
    title: 'Formato non accettato',
    detail: 'Questo indirizzo accetta solo richieste in formato JSON.',
  },
  wrongCredentials: {
    title: 'Accesso non riuscito',
    detail: 'La partita IVA o la password non sono corrette. Controlla i dati e riprova.',
  },
  naturalPerson: {
    title: 'Accesso non previsto per le persone fisiche',
    detail: 'Con LOGIN accedono solo le aziende, con la partita IVA. Se sei un cittadino accedi con SPID, CIE o CNS.',
  },
  tooManyAttempts: {
    title: 'Troppi tentativi',
    detail: "Ci sono stati troppi tentativi di accesso. Aspetta qualche minuto e riprova, o rivolgiti all'ufficio.",
  },
  invalidRequest: {
    title: 'Dati da correggere',
    detail: 'Alcuni dati mancano o non sono validi. Correggili e riprova.',
  },
  companyFields: {
    partitaIvaMissing: 'Scrivi la partita IVA.',
    passwordMissing: 'Scrivi la password.',
    tooLong: 'Il testo è troppo lungo.',
    unreadable: 'Il testo contiene caratteri non ammessi.',
    returnUnknown: 'La pagina richiesta non è di questo portale.',
  },
  sessionsAway: {
    title: 'Servizio momentaneamente non disponibile',
    detail:
      'In questo momento non è possibile accedere né verificare il tuo accesso. Riprova tra qualche minuto: nessun dato è andato perso.',
  },
  serviceAway: {
    title: 'Servizio momentaneamente non disponibile',
    detail: 'Questo servizio non risponde. Riprova tra qualche minuto: nessun dato è andato perso.',
  },
  portalMissing: {
    title: 'Portale non disponibile',
    detail: 'Le pagine del portale non sono ancora state installate. Riprova più tardi.',
  },
  internal: {
    title: 'Qualcosa è andato storto',
    detail: 'La richiesta non è stata completata per un errore nostro. Riprova tra qualche minuto.',
  },
} as const;
