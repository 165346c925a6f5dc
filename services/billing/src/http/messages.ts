import { type Cents, formatEuros } from '@campanella/vocabulary';
import type { BillingRefusal } from '../app/billing-run.ts';
import type { CertificationRefusal } from '../app/certification-run.ts';
import type { RefundRefusal } from '../app/office.ts';
import type { OverdueRefusal } from '../app/overdue-runs.ts';
import type { RunRefusal } from '../app/runs.ts';

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
  caseResolved: 'Su questo incasso è già stato deciso: ricaricare la pagina',
  caseNotResolved: 'Su questo incasso non è ancora stato deciso: non c’è nulla da riaprire',
  checkoutAway: 'Il pagamento online non è disponibile in questo momento: riprovare tra qualche minuto',
} as const;

export type OfficeRefusalKind = (
  | BillingRefusal
  | CertificationRefusal
  | OverdueRefusal
  | RunRefusal
  | RefundRefusal
)['kind'];

/** What the office reads, by HTTP and from the command line. */
export const OFFICE_SENTENCES: Record<OfficeRefusalKind, string> = {
  unknown_run: 'Non c’è nessuna elaborazione con questo identificativo',
  unknown_credit: 'Non c’è nessuna nota di credito da rimborsare con questo identificativo',
  no_creditor: 'Il Comune non è ancora un ente creditore di pagoPA: registrarlo prima di emettere documenti',
  no_rules: 'Per questo servizio non ci sono regole di fatturazione: impostarle e riprovare',
  under_way: 'Un’altra elaborazione dello stesso tipo è in corso o attende conferma: confermarla o annullarla prima',
  same_person: 'Chi prepara un’elaborazione non la conferma: la deve confermare una seconda persona',
  not_prepared: 'Questa elaborazione non attende conferma: ricaricare la pagina',
  year_not_over: 'Un anno si certifica quando è finito: scegliere un anno già concluso',
  month_not_over: 'Un mese si fattura quando è finito: scegliere un mese già concluso',
  issued_in_past: 'La data di emissione non può essere nel passato: scegliere oggi o un giorno successivo',
  not_overdue: 'Si può scegliere al massimo la data di oggi: quel che scade dopo non è scaduto',
};
