import { type Cents, formatEuros } from '@campanella/vocabulary';

/** What parents read when a request is refused: the only Italian of this service, but for what the node prescribes. */
export const MESSAGES = {
  malformed: 'La richiesta non è valida: controllare i dati e riprovare',
  notOffered: 'Questo servizio non si può ricaricare da qui: rivolgersi al proprio Comune',
  notPrepaid: 'Questo servizio si paga con bollettini e non ha un conto da ricaricare',
  belowMinimum: (minimum: Cents) => `L’importo minimo di una ricarica è ${formatEuros(minimum)} €`,
  aboveMaximum: (maximum: Cents) => `L’importo massimo di una ricarica è ${formatEuros(maximum)} €`,
  offStep: (step: Cents) => `L’importo deve essere un multiplo di ${formatEuros(step)} €`,
  tooManyPending: (most: number) =>
    `Ci sono già ${most} ricariche in attesa di pagamento: pagarle o annullarle prima di chiederne un’altra`,
  orderDiffers: 'Questa ricarica è già stata inviata con altri dati: ricaricare la pagina e riprovare',
  paid: 'La ricarica è già stata pagata e non si può annullare',
  inVerification:
    'Un pagamento di questa ricarica è in verifica: attendere l’esito prima di ripeterlo o di annullare la ricarica',
  tooMany: (most: number) => `Si possono pagare al massimo ${most} avvisi per volta: togliere qualche avviso`,
  notPayable: 'Uno degli avvisi scelti è già pagato o annullato: ricaricare la pagina',
  noNotice: 'Questa ricarica non è più in attesa di pagamento: l’avviso non serve più',
  noCreditor: 'Il Comune non è ancora un ente creditore di pagoPA: registrarlo prima di emettere documenti',
  noRules: 'Per questo servizio non ci sono regole di fatturazione: impostarle e riprovare',
  underWay: 'Un’altra elaborazione dello stesso tipo è in corso o attende conferma: confermarla o annullarla prima',
  samePerson: 'Chi prepara un’elaborazione non la conferma: la deve confermare una seconda persona',
  notPrepared: 'Questa elaborazione non attende conferma: ricaricare la pagina',
  monthNotOver: 'Un mese si fattura quando è finito: scegliere un mese già concluso',
  issuedInPast: 'La data di emissione non può essere nel passato: scegliere oggi o un giorno successivo',
  notOverdue: 'Si può scegliere al massimo la data di oggi: quel che scade dopo non è scaduto',
  checkoutAway: 'Il pagamento online non è disponibile in questo momento: riprovare tra qualche minuto',
} as const;
