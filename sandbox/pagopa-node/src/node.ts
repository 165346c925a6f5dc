import { randomUUID } from 'node:crypto';
import type { Logger } from '@campanella/service-kit';
import type { Archive, Kept } from './archive.ts';
import {
  BadAnswer,
  type Creditor,
  type Exchange,
  type Got,
  type No,
  type Notice,
  openCreditor,
  type Patience,
  type Station,
  type Verified,
  type Way,
} from './creditor.ts';

/** What a payment came to: paid, or the creditor's "no", or no answer that the node can use. */
export type Payment =
  | { readonly kind: 'paid'; readonly receiptId: string }
  | { readonly kind: 'refused'; readonly faultCode: string }
  | { readonly kind: 'locked' };

/** How the stand-in behaves; the control API changes it. */
export interface Behaviour {
  /** Wait between the payment and its receipt. */
  readonly receiptDelayMs: number;
  /** How often each receipt is sent at once. */
  readonly receiptCopies: number;
  /** Receipts are kept back until this is false again. */
  readonly holdsReceipts: boolean;
  /** Carts and payments are refused: the node is away. */
  readonly isAway: boolean;
}

export const NORMAL: Behaviour = { receiptDelayMs: 0, receiptCopies: 1, holdsReceipts: false, isAway: false };

interface Owed {
  readonly notice: Notice;
  readonly receipt: object;
  readonly version: 1 | 2;
  attempts: number;
}

/** The node, for Checkout, for the desk and for whoever scripts it. */
export interface Node {
  behaviour: Behaviour;
  readonly exchanges: readonly Exchange[];
  verify(notice: Notice): Promise<Verified | No>;
  /** Takes the money of a notice and owes the creditor its receipt. @throws BadAnswer */
  pay(notice: Notice, way: Way, cartId?: string): Promise<Payment>;
  /** Sends a receipt that was sent before again. False for an unknown one. */
  repeat(receiptId: string): boolean;
  /** Receipts that no creditor has taken yet. */
  readonly owedCount: number;
  reset(): void;
  stop(): Promise<void>;
}

const EXCHANGES_KEPT = 1_000;
/** As the node's own: then the receipt stays queued until somebody looks. */
const ATTEMPTS_MAX = 48;

/** Starts the node of one station. @param options.retryMs wait before a receipt that was not taken is sent again; an hour in reality */
export function openNode(options: {
  readonly station: Station;
  readonly patience: Patience;
  readonly retryMs: number;
  readonly lockMs: number;
  readonly archive: Pick<Archive, 'find' | 'markPaid'>;
  readonly logger: Logger;
}): Node {
  const exchanges: Exchange[] = [];
  const creditor: Creditor = openCreditor(options.station, options.patience, (exchange) => {
    exchanges.push(exchange);
    if (exchanges.length > EXCHANGES_KEPT) exchanges.shift();
  });
  const locks = new Map<string, number>();
  const owed = new Map<string, Owed>();
  const sent = new Map<string, Owed>();
  const sending = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;

  const later = (waitMs: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, waitMs);
    timers.add(timer);
  };
  const track = (work: Promise<void>) => {
    sending.add(work);
    void work.finally(() => sending.delete(work));
  };

  async function deliver(receiptId: string): Promise<void> {
    const one = owed.get(receiptId);
    if (one === undefined || isStopped) return;
    if (node.behaviour.holdsReceipts) return later(options.retryMs, () => track(deliver(receiptId)));
    one.attempts += 1;
    const copies = Array.from({ length: node.behaviour.receiptCopies }, () =>
      creditor.receive(one.receipt, one.notice, one.version).then(
        () => true,
        (cause: unknown) => {
          options.logger.info({ err: cause }, 'a receipt was not taken and is sent again');
          return false;
        },
      ),
    );
    // A KO is an answer as well: only no answer is asked again.
    const wasTaken = (await Promise.all(copies)).some(Boolean);
    if (wasTaken || one.attempts >= ATTEMPTS_MAX) owed.delete(receiptId);
    else later(options.retryMs, () => track(deliver(receiptId)));
  }

  const node: Node = {
    behaviour: NORMAL,
    exchanges,
    async verify(notice) {
      const kept = options.archive.find(notice.fiscalCode, notice.noticeNumber);
      if (kept?.keeper === 'gpd') return verifiedOf(kept);
      return creditor.verify(notice).catch((cause: unknown) => {
        if (kept === null || !isAway(cause)) throw cause;
        return verifiedOf(kept);
      });
    },
    async pay(notice, way, cartId) {
      const key = `${notice.fiscalCode}/${notice.noticeNumber}`;
      if ((locks.get(key) ?? 0) > Date.now()) return { kind: 'locked' };
      locks.set(key, Date.now() + options.lockMs);
      try {
        const kept = options.archive.find(notice.fiscalCode, notice.noticeNumber);
        // Where the creditor cannot be asked, what it told the archive is paid in its stead; GPD always answers for it.
        let isStandIn = false;
        const got =
          kept?.keeper === 'gpd'
            ? gotOf(kept)
            : await creditor.get(notice, way, cartId).catch((cause: unknown) => {
                if (kept === null || !isAway(cause)) throw cause;
                isStandIn = true;
                return gotOf(kept);
              });
        if ('outcome' in got) return { kind: 'refused', faultCode: got.fault.faultCode };
        const receiptId = randomUUID().replaceAll('-', '');
        const one: Owed = {
          notice,
          version: way.version,
          attempts: 0,
          receipt: { ...receiptOf(receiptId, notice, got, way, cartId), ...(isStandIn ? { standIn: 'true' } : {}) },
        };
        if (kept !== null) options.archive.markPaid(kept);
        // A creditor whose positions GPD keeps asks for its receipts: none is sent.
        if (kept?.keeper === 'gpd') return { kind: 'paid', receiptId };
        owed.set(receiptId, one);
        sent.set(receiptId, one);
        later(node.behaviour.receiptDelayMs, () => track(deliver(receiptId)));
        return { kind: 'paid', receiptId };
      } finally {
        locks.delete(key);
      }
    },
    repeat(receiptId) {
      const one = sent.get(receiptId);
      if (one === undefined) return false;
      track(
        creditor.receive(one.receipt, one.notice, one.version).then(
          () => undefined,
          () => undefined,
        ),
      );
      return true;
    },
    get owedCount() {
      return owed.size;
    },
    reset() {
      node.behaviour = NORMAL;
      exchanges.length = 0;
    },
    async stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(sending);
    },
  };
  return node;
}

const ROME = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Rome', dateStyle: 'short', timeStyle: 'medium' });

/** A receipt as the node writes it, in the order of the schema; its times without a zone, as the guides show them. */
function receiptOf(receiptId: string, notice: Notice, got: Got, { version }: Way, cartId: string | undefined): object {
  const now = ROME.format(new Date()).replace(' ', 'T');
  const transfers = got.transferList.transfer.map(({ companyName, ...transfer }) => ({
    ...{
      idTransfer: transfer.idTransfer,
      transferAmount: transfer.transferAmount,
      fiscalCodePA: transfer.fiscalCodePA,
    },
    ...(version === 2 && companyName !== undefined ? { companyName } : {}),
    ...{ IBAN: transfer.IBAN, remittanceInformation: transfer.remittanceInformation },
    transferCategory: transfer.transferCategory,
  }));
  return {
    ...{ receiptId, noticeNumber: notice.noticeNumber, fiscalCode: notice.fiscalCode, outcome: 'OK' },
    ...{ creditorReferenceId: got.creditorReferenceId, paymentAmount: got.paymentAmount, description: got.description },
    companyName: got.companyName,
    debtor: got.debtor,
    transferList: { transfer: transfers },
    ...{
      idPSP: 'PROVAIT1',
      pspFiscalCode: '99999000013',
      PSPCompanyName: 'Banca di Prova',
      idChannel: '99999000013_01',
    },
    ...{ channelDescription: 'app', paymentMethod: 'creditCard' },
    ...(version === 2 && cartId !== undefined ? { paymentNote: cartId } : {}),
    ...{ fee: '1.00', paymentDateTime: now, applicationDate: now.slice(0, 10), transferDate: now.slice(0, 10) },
  };
}

const AWAY = new Set(['PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE', 'PPT_STAZIONE_INT_PA_TIMEOUT']);

function isAway(cause: unknown): boolean {
  return cause instanceof BadAnswer && AWAY.has(cause.fault);
}

/** Why what is kept cannot be paid; null where it can. */
function refusalOf({ status, fiscalCode, switchToExpired, dueAt }: Kept): No | null {
  const faultCode =
    status === 'PAID'
      ? 'PAA_PAGAMENTO_DUPLICATO'
      : status === 'INVALID'
        ? 'PAA_PAGAMENTO_ANNULLATO'
        : switchToExpired && Date.parse(dueAt) < Date.now()
          ? 'PAA_PAGAMENTO_SCADUTO'
          : null;
  return faultCode === null ? null : { outcome: 'KO', fault: { faultCode, faultString: faultCode, id: fiscalCode } };
}

const eurosOf = (cents: number) => (cents / 100).toFixed(2);

function verifiedOf(kept: Kept): Verified | No {
  const { description, companyName, fiscalCode, amountCents, dueAt } = kept;
  return (
    refusalOf(kept) ?? {
      outcome: 'OK',
      paymentList: {
        paymentOptionDescription: {
          ...{ amount: eurosOf(amountCents), options: 'EQ', dueDate: dueAt.slice(0, 10) },
          ...{ detailDescription: description, allCCP: 'false' },
        },
      },
      ...{ paymentDescription: description, fiscalCodePA: fiscalCode, companyName },
    }
  );
}

function gotOf(kept: Kept): Got | No {
  const { description, companyName, fiscalCode, amountCents, dueAt, noticeNumber, iban, category } = kept;
  return (
    refusalOf(kept) ?? {
      ...{ creditorReferenceId: noticeNumber.slice(1), paymentAmount: eurosOf(amountCents) },
      ...{ dueDate: dueAt.slice(0, 10), description, companyName },
      debtor: {
        uniqueIdentifier: { entityUniqueIdentifierType: 'F', entityUniqueIdentifierValue: kept.debtorCode },
        fullName: kept.debtorName.slice(0, 70),
      },
      transferList: {
        transfer: [
          {
            ...{ idTransfer: '1', transferAmount: eurosOf(amountCents), fiscalCodePA: fiscalCode, IBAN: iban },
            ...{ companyName, remittanceInformation: description, transferCategory: category },
          },
        ],
      },
    }
  );
}

/** Says what stands between a payer and a notice. */
export function reasonOf(cause: unknown): string {
  return cause instanceof BadAnswer ? cause.fault : 'PPT_SYSTEM_ERROR';
}
