/** What parents read when a request is refused: the only Italian of this service. */
export const MESSAGES = {
  malformed: 'I parametri della ricerca non sono validi: controllare servizio e date',
  invertedRange: 'La data iniziale è successiva alla data finale: correggere il periodo',
  rangeTooLong: 'Il periodo è troppo lungo: scegliere al massimo 36 mesi',
} as const;
