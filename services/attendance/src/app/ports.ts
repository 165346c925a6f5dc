import type { Transaction } from '@campanella/postgres';
import type {
  AccountId,
  Cents,
  MunicipalityId,
  PupilId,
  SchoolId,
  ServiceCode,
  ServiceDate,
  SwipeId,
  TerminalId,
  TransferId,
} from '@campanella/vocabulary';
import type { Charge, RawSwipe, SetAsideReason, Terminal } from '../domain/swipe.ts';

/** A meal's debit, or its reversal, as the ledger takes it. */
export interface MealTransfer {
  readonly transferId: TransferId;
  readonly municipalityId: MunicipalityId;
  readonly debitAccountId: AccountId;
  readonly creditAccountId: AccountId;
  readonly amountCents: Cents;
  readonly occurredAtMs: number;
  /** The transfer that this one takes back; null for a meal. */
  readonly reverses: TransferId | null;
}

/** What the ledger said of a transfer; durable there, but for `unavailable`. */
export type TransferAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'limit_exceeded' }
  /** The meal was debited before at another price: this one. */
  | { readonly kind: 'known_amount'; readonly amountCents: Cents }
  /** The account we hold is not the ledger's: it must be opened again. */
  | { readonly kind: 'unknown_account' }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** An account that attendance needs: a pupil's for a service, or (pupil null) the municipality's revenue of a service. */
export interface AccountOwner {
  readonly municipalityId: MunicipalityId;
  readonly pupilId: PupilId | null;
  readonly service: ServiceCode;
  readonly overdraftCents: Cents;
}

/** The ledger as attendance uses it. */
export interface Ledger {
  /** Answers in the order asked; throws where the ledger cannot be reached. Idempotent by transfer id. */
  post(transfers: readonly MealTransfer[]): Promise<readonly TransferAnswer[]>;
  /** Opens accounts, or answers those that are open; in the order asked. */
  openAccounts(owners: readonly AccountOwner[]): Promise<readonly AccountId[]>;
}

/** A presence to store. */
export interface Presence {
  readonly municipalityId: MunicipalityId;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly serviceDate: ServiceDate;
  readonly swipeId: SwipeId;
  readonly terminalId: TerminalId;
  readonly schoolId: SchoolId;
  readonly badgeNumber: string;
  readonly occurredAtMs: number;
  readonly charge: Charge;
  readonly amountCents: Cents;
  readonly transferId: TransferId | null;
}

/** A swipe that made no presence, as received. */
export interface SetAsideSwipe {
  readonly terminal: Terminal;
  readonly raw: RawSwipe;
  readonly fingerprint: string;
  readonly reason: SetAsideReason;
}

/** Which swipe and, where it may be a meal, which meal is asked for. */
export interface KnownSwipeQuery {
  readonly municipalityId: MunicipalityId;
  readonly swipeId: SwipeId;
  readonly meal: { readonly pupilId: PupilId; readonly service: ServiceCode; readonly serviceDate: ServiceDate } | null;
}

/** What is stored about a swipe: under its id, and about the pupil's meal of that day. */
export interface KnownSwipe {
  readonly presence: { readonly raw: RawSwipe; readonly charge: Charge } | null;
  readonly setAside: readonly { readonly fingerprint: string; readonly reason: SetAsideReason }[];
  readonly mealOfDay: { readonly swipeId: SwipeId; readonly charge: Charge } | null;
}

/** Presences and set-aside swipes in PostgreSQL. */
export interface PresenceStore {
  /** One round trip; answers by position, leaving out what is unknown. */
  findKnown(queries: readonly KnownSwipeQuery[], tx?: Transaction): Promise<ReadonlyMap<number, KnownSwipe>>;
  /** Stores what has neither the swipe id nor the pupil's day yet; answers the swipe ids that were new. */
  insertPresences(tx: Transaction, presences: readonly Presence[]): Promise<ReadonlySet<string>>;
  /** Makes an uncharged presence of the day a debited one, after the ledger did debit it; says whether there was one. */
  markDebited(tx: Transaction, presence: Presence): Promise<boolean>;
  /** Keeps swipes for the office; those kept already stay as they are. */
  insertSetAside(tx: Transaction, swipes: readonly SetAsideSwipe[]): Promise<void>;
}

/** The ids of ledger accounts that attendance has learnt. */
export interface AccountStore {
  find(owners: readonly AccountOwner[]): Promise<readonly (AccountId | null)[]>;
  insert(entries: readonly { owner: AccountOwner; accountId: AccountId }[]): Promise<void>;
  remove(owners: readonly AccountOwner[]): Promise<void>;
}
