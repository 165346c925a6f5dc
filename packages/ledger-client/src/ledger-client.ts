import {
  type Account,
  LedgerServiceClient,
  type OpenAccountRequest,
  type PostTransfersRequest,
  type PostTransfersResponse,
  type Transfer,
  type TransferOutcome,
} from '@campanella/proto/ledger/v1/ledger';
import { callUnary, gauge, grpcClient, isServiceError, type Logger, type Part } from '@campanella/service-kit';
import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';

/** A transfer as a caller makes it: whether it is a retry, the client knows. */
export type NewTransfer = Omit<Transfer, 'retry'>;

export interface LedgerClientOptions {
  /** The ledger's replicas, `host:port`. */
  readonly addresses: readonly string[];
  readonly logger: Logger;
  /** Longest a transfer is tried; after it the outcome is `unavailable`. */
  readonly deadlineMs?: number;
}

export interface LedgerClient extends Part {
  /**
   * Posts transfers and answers an outcome for each, in the order given. What is broken off or answered `unavailable` is sent again under the
   * same id, to another replica where there is one, until the deadline. `unavailable` then means: not known; ask again.
   */
  post(transfers: readonly NewTransfer[]): Promise<TransferOutcome[]>;
  /** Opens accounts, or answers those that are open; at most 1,000. Idempotent. @throws ServiceError */
  openAccounts(accounts: readonly OpenAccountRequest[]): Promise<Account[]>;
}

const DEADLINE_MS = 5_000;
const OPEN_WITHIN_MS = 10_000;
const SHARD_WITHIN_MS = 1_000;
const TRANSFERS_IN_MESSAGE_MAX = 256;
/** Most transfers of this client under way; above it the outcome is `unavailable` at once. */
const UNDER_WAY_MAX = 50_000;
const RETRY_FROM_MS = 10;
const RETRY_TO_MS = 250;
/** How long a replica whose stream broke is passed over. */
const AWAY_MS = 250;

interface Pending {
  readonly transfer: NewTransfer;
  readonly shard: number;
  readonly deadlineAt: number;
  attempts: number;
  readonly resolve: (outcome: TransferOutcome) => void;
}

/** One replica and the one long-lived stream to it. */
interface Replica {
  readonly address: string;
  readonly client: LedgerServiceClient;
  readonly underWay: Map<string, Pending[]>;
  stream: ClientDuplexStream<PostTransfersRequest, PostTransfersResponse> | null;
  outgoing: Pending[];
  awayUntil: number;
}

/**
 * Opens a client of the ledger. A municipality's shard chooses the replica (rendezvous hash over those that are there), so that a shard's
 * batches are large and its commits seldom meet another replica's; correctness never depends on it. Transfers of one turn of the event loop leave in
 * one message.
 */
export function openLedgerClient(options: LedgerClientOptions): LedgerClient {
  const { logger, deadlineMs = DEADLINE_MS } = options;
  const replicas: Replica[] = options.addresses.map((address) => ({
    address,
    client: new LedgerServiceClient(address, credentials.createInsecure(), CHANNEL),
    underWay: new Map(),
    stream: null,
    outgoing: [],
    awayUntil: 0,
  }));
  const unary = grpcClient(LedgerServiceClient, options.addresses);
  const shards = new Map<number, number>();
  const underWayGauge = gauge(
    'campanella_ledger_client_transfers',
    'Transfers sent to the ledger and not yet answered',
  );
  let underWayCount = 0;
  let isStopped = false;

  function route(pending: Pending): void {
    if (isStopped || Date.now() >= pending.deadlineAt) {
      pending.resolve({
        transferId: pending.transfer.transferId,
        outcome: {
          $case: 'unavailable',
          value: { reason: isStopped ? 'the client has stopped' : 'no answer before the deadline' },
        },
      });
      return;
    }
    const replica = chooseReplica(replicas, pending.shard);
    if (replica.outgoing.push(pending) === 1) setImmediate(() => send(replica));
  }

  function again(pending: Pending): void {
    pending.attempts += 1;
    const waitMs = Math.min(RETRY_FROM_MS * 2 ** pending.attempts, RETRY_TO_MS) * (0.5 + Math.random() / 2);
    setTimeout(() => route(pending), pending.attempts === 1 ? 0 : waitMs);
  }

  function send(replica: Replica): void {
    const pendings = replica.outgoing;
    replica.outgoing = [];
    const stream = replica.stream ?? open(replica);
    for (let at = 0; at < pendings.length; at += TRANSFERS_IN_MESSAGE_MAX) {
      const page = pendings.slice(at, at + TRANSFERS_IN_MESSAGE_MAX);
      for (const pending of page) {
        const same = replica.underWay.get(pending.transfer.transferId);
        if (same === undefined) replica.underWay.set(pending.transfer.transferId, [pending]);
        else same.push(pending);
      }
      stream.write({ transfers: page.map(({ transfer, attempts }) => ({ ...transfer, retry: attempts > 0 })) });
    }
  }

  function open(replica: Replica): ClientDuplexStream<PostTransfersRequest, PostTransfersResponse> {
    const stream = replica.client.postTransfers();
    replica.stream = stream;
    stream.on('data', ({ outcomes, goElsewhere }: PostTransfersResponse) => {
      if (goElsewhere && replica.stream === stream) {
        // New transfers go to another replica; what was sent is still answered here.
        replica.stream = null;
        replica.awayUntil = Date.now() + AWAY_MS;
        stream.end();
      }
      for (const outcome of outcomes) take(replica, outcome);
    });
    const lose = (cause?: unknown) => {
      if (replica.stream === stream) replica.stream = null;
      replica.awayUntil = Date.now() + AWAY_MS;
      if (replica.underWay.size === 0) return;
      const reason = cause instanceof Error ? cause.message : 'the stream ended';
      logger.warn({ address: replica.address, transfers: replica.underWay.size, reason }, 'transfers are sent again');
      const lost = [...replica.underWay.values()].flat();
      replica.underWay.clear();
      for (const pending of lost) again(pending);
    };
    stream.on('error', lose);
    stream.on('end', () => lose());
    return stream;
  }

  function take(replica: Replica, outcome: TransferOutcome): void {
    const queue = replica.underWay.get(outcome.transferId);
    const pending = queue?.shift();
    if (queue === undefined || pending === undefined) return;
    if (queue.length === 0) replica.underWay.delete(outcome.transferId);
    if (outcome.outcome?.$case === 'unavailable') again(pending);
    else pending.resolve(outcome);
  }

  async function shardOf(municipalityId: number): Promise<number> {
    const known = shards.get(municipalityId);
    if (known !== undefined) return known;
    try {
      const { shard } = await callUnary(unary, 'getShard', { municipalityId }, { deadlineMs: SHARD_WITHIN_MS });
      shards.set(municipalityId, shard);
      return shard;
    } catch (cause) {
      // Without the shard the replica is chosen worse, never wrongly.
      if (!isServiceError(cause)) throw cause;
      return municipalityId;
    }
  }

  return {
    name: 'ledger-client',
    async start() {},
    async stop() {
      isStopped = true;
      for (const { stream, client } of replicas) {
        stream?.end();
        client.close();
      }
      unary.close();
    },
    async post(transfers) {
      if (underWayCount + transfers.length > UNDER_WAY_MAX) {
        return transfers.map(({ transferId }) => unavailable(transferId, 'too many transfers under way'));
      }
      const deadlineAt = Date.now() + deadlineMs;
      for (const municipalityId of new Set(transfers.map((transfer) => transfer.municipalityId)))
        await shardOf(municipalityId);
      underWayCount += transfers.length;
      underWayGauge.set(underWayCount);
      const pendings: Pending[] = [];
      const answered = transfers.map(
        (transfer) =>
          new Promise<TransferOutcome>((resolve) => {
            const shard = shards.get(transfer.municipalityId) ?? transfer.municipalityId;
            pendings.push({ transfer, shard, deadlineAt, attempts: 0, resolve });
          }),
      );
      pendings.forEach(route);
      // A replica that takes transfers and never answers must not hold the caller; what was answered is answered.
      const late = setTimeout(() => {
        for (const { transfer, resolve } of pendings)
          resolve(unavailable(transfer.transferId, 'no answer before the deadline'));
      }, deadlineMs);
      try {
        return await Promise.all(answered);
      } finally {
        clearTimeout(late);
        underWayCount -= transfers.length;
        underWayGauge.set(underWayCount);
      }
    },
    async openAccounts(accounts) {
      const response = await callUnary(
        unary,
        'openAccounts',
        { accounts: [...accounts] },
        { deadlineMs: OPEN_WITHIN_MS },
      );
      for (const { municipalityId, shard } of response.accounts) shards.set(municipalityId, shard);
      return response.accounts;
    },
  };
}

function unavailable(transferId: string, reason: string): TransferOutcome {
  return { transferId, outcome: { $case: 'unavailable', value: { reason } } };
}

/** A lost replica is noticed within seconds, and connected to again without a long wait. */
const CHANNEL = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
};

/** The replica with the highest weight for the shard among those not passed over; of all, where none is there. */
function chooseReplica(replicas: readonly Replica[], shard: number): Replica {
  const now = Date.now();
  const there = replicas.filter(({ awayUntil }) => awayUntil <= now);
  const candidates = there.length > 0 ? there : replicas;
  let best: Replica | undefined;
  let bestWeight = -1;
  for (const replica of candidates) {
    const weight = weigh(`${replica.address}/${shard}`);
    if (weight > bestWeight) {
      best = replica;
      bestWeight = weight;
    }
  }
  if (best === undefined) throw new RangeError('the ledger’s client needs an address');
  return best;
}

const weights = new Map<string, number>();

/** FNV-1a: the same on every caller, which is all that a rendezvous hash needs. */
function weigh(text: string): number {
  const known = weights.get(text);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  // Its low bits mix poorly for short texts that differ at the end.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  weights.set(text, hash);
  return hash;
}
