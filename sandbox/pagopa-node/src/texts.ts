/** What people read on the stand-in's pages. */
export const TEXT = {
  warning: 'Questa è una dimostrazione: nessun pagamento è vero.',
  checkoutTitle: 'Pagamento di prova',
  deskTitle: 'Pagamento allo sportello, di prova',
  deskIntro:
    'Qui si paga un avviso come in tabaccheria o in banca: bastano il codice avviso e il codice fiscale dell’ente.',
  qr: 'Contenuto del codice QR, se lo si ha',
  noticeNumber: 'Codice avviso (18 cifre)',
  fiscalCode: 'Codice fiscale dell’ente (11 cifre)',
  show: 'Mostra quanto si paga',
  pay: 'Paga',
  payLater: 'Paga, con esito in attesa',
  cancel: 'Annulla e torna indietro',
  fail: 'Simula un errore',
  total: 'Totale',
  due: 'Entro il',
  paid: 'Pagato. Il Comune riceverà la ricevuta tra poco.',
  locked: 'Un pagamento di questo avviso è già in corso: riprovare tra poco.',
  again: 'Torna allo sportello',
  unknownCart: 'Questo pagamento non c’è, o è già concluso.',
  refused: {
    PAA_PAGAMENTO_SCONOSCIUTO: 'Questo avviso non risulta all’ente.',
    PAA_PAGAMENTO_DUPLICATO: 'Questo avviso è già stato pagato.',
    PAA_PAGAMENTO_ANNULLATO: 'Questo avviso è stato annullato.',
    PAA_ID_DOMINIO_ERRATO: 'Il codice fiscale dell’ente non corrisponde.',
  } as Readonly<Record<string, string>>,
  away: 'L’ente non risponde: riprovare tra qualche minuto.',
} as const;

/** Why a notice cannot be paid, for people. */
export function refusalText(faultCode: string): string {
  return TEXT.refused[faultCode] ?? TEXT.away;
}
