import type { Database, Transaction } from '@campanella/postgres';
import { counter, histogram, type Logger, type Part } from '@campanella/service-kit';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { type Bus, EVENTS_EXCHANGE, sendToQueueConfirmed } from './bus.ts';
import { pause } from './single-active.ts';

/** Header of a parked message: why it could not be handled. */
export const REASON_HEADER = 'x-campanella-reason';

const PREFETCH = 50;
/** Deliveries that end with the consumer's death before the broker parks the message by itself. */
const DELIVERY_LIMIT = 20;
const ATTEMPTS_MAX = 3;
const RETRY_FROM_MS = 200;
const RETRY_TO_MS = 5_000;
/** Dead letters stay until somebody replays them, however often they were looked at: newer brokers drop them after 20 looks. */
const LOOKS_MAX = 1_000_000_000;
const PROCESSED_KEPT = '14 days';
/** Most message ids forgotten by one statement. */
const FORGET_MAX = 5_000;
const FORGET_EVERY_MS = 3_600_000;

/** How one kind of event is taken: decoded, then handled in the transaction that records its message id. */
export interface EventConsumer<Deps> {
  readonly routingKey: string;
  readonly handle: (tx: Transaction, body: Uint8Array, deps: Deps) => Promise<void>;
}

/**
 * Describes the consumption of an event. `handle` runs at most once to its commit for each message id; what it throws is tried again and
 * then parked with its reason. What `decode` throws is parked at once: the same bytes fail again.
 */
export function consumer<Event, Deps>(
  routingKey: string,
  decode: (body: Uint8Array) => Event,
  handle: (tx: Transaction, event: Event, deps: Deps) => Promise<void>,
): EventConsumer<Deps> {
  return { routingKey, handle: (tx, body, deps) => handle(tx, decodeOrPark(decode, body), deps) };
}

function decodeOrPark<Event>(decode: (body: Uint8Array) => Event, body: Uint8Array): Event {
  try {
    return decode(body);
  } catch (cause) {
    throw new PoisonError(`cannot be decoded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

export interface ConsumersOptions<Deps> {
  readonly bus: Bus;
  readonly database: Database;
  /** `<service>.<purpose>`; its dead letters go to `<queue>.dead`. */
  readonly queue: string;
  readonly consumers: readonly EventConsumer<Deps>[];
  readonly deps: Deps;
  readonly logger: Logger;
}

/** The name of the queue that holds what could not be handled. */
export function deadQueueOf(queue: string): string {
  return `${queue}.dead`;
}

/**
 * Declares a queue, its dead-letter queue and its bindings: both quorum queues, so that a confirmed message survives a node, and what the broker
 * parks by itself is parked at least once. A queue that is there with other arguments stays as it is, with a warning.
 */
export async function declareQueue(
  connection: ChannelModel,
  queue: string,
  routingKeys: readonly string[],
  logger: Logger,
): Promise<void> {
  await assertQueue(connection, deadQueueOf(queue), { 'x-delivery-limit': LOOKS_MAX }, logger);
  const parking = {
    'x-delivery-limit': DELIVERY_LIMIT,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': deadQueueOf(queue),
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
  await assertQueue(connection, queue, parking, logger);
  const channel = await connection.createChannel();
  for (const routingKey of routingKeys) await channel.bindQueue(queue, EVENTS_EXCHANGE, routingKey);
  await channel.close();
}

const ARGUMENTS_DIFFER = 406;

/** A channel of its own for each queue: a refusal closes it. */
async function assertQueue(
  connection: ChannelModel,
  queue: string,
  settings: Readonly<Record<string, string | number>>,
  logger: Logger,
): Promise<void> {
  const channel = await connection.createChannel();
  // The rejection below says it.
  channel.on('error', () => {});
  try {
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum', ...settings } });
    await channel.close();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === ARGUMENTS_DIFFER)) throw cause;
    logger.warn({ queue, reason: cause.message }, 'a queue keeps the arguments it was made with');
  }
}

/**
 * Consumes a queue, one message after the other, in order. Redelivery is normal and has no second effect. While the database is
 * away a message is tried until it is back; a message that fails for its own sake three times is parked with its reason.
 */
export function consumers<Deps>(options: ConsumersOptions<Deps>): Part {
  const { bus, database, queue, logger } = options;
  const byKey = new Map(options.consumers.map((one) => [one.routingKey, one]));
  const handled = counter('campanella_messaging_handled_total', 'Messages taken, by queue and what became of them', [
    'queue',
    'result',
  ]);
  const handleSeconds = histogram(
    'campanella_messaging_handle_seconds',
    'Time of a message, tries and waits included',
    ['queue'],
  );
  const stopping = new AbortController();
  let channel: Channel | null = null;
  let consumerTag = '';
  let tail: Promise<void> = Promise.resolve();
  let forgetTimer: NodeJS.Timeout | undefined;
  let forgetting: Promise<void> = Promise.resolve();

  async function applyOnce(message: ConsumeMessage): Promise<'applied' | 'repeated'> {
    const { messageId, type } = message.properties;
    const taker = byKey.get(String(type));
    if (taker === undefined) throw new PoisonError(`nothing here takes ${String(type)}`);
    if (typeof messageId !== 'string') throw new PoisonError('the message has no id');
    return database.transaction(async (tx) => {
      const { rowCount } = await tx.query({
        name: 'record_message',
        text: 'insert into processed_messages (queue, message_id) values ($1, $2) on conflict do nothing',
        values: [queue, messageId],
      });
      if (rowCount === 0) return 'repeated';
      await taker.handle(tx, message.content, options.deps);
      return 'applied';
    });
  }

  /** Answers once the message is applied or parked; rejects where neither could be done and it must be delivered again. */
  async function settle(message: ConsumeMessage): Promise<'applied' | 'repeated' | 'parked'> {
    let waitMs = RETRY_FROM_MS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await applyOnce(message);
      } catch (cause) {
        if (stopping.signal.aborted) throw cause;
        const isAway = isDatabaseAway(cause);
        if (cause instanceof PoisonError || (!isAway && attempt >= ATTEMPTS_MAX)) {
          await park(message, cause);
          return 'parked';
        }
        // Only attempts that failed for the message's own sake count.
        if (isAway) attempt -= 1;
        logger.warn({ err: cause, queue, type: message.properties.type, waitMs }, 'a message could not be handled yet');
        await pause(waitMs, stopping.signal);
        waitMs = Math.min(waitMs * 2, RETRY_TO_MS);
      }
    }
  }

  async function park(message: ConsumeMessage, cause: unknown): Promise<void> {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}`.slice(0, 500) : 'unknown';
    const { messageId, type } = message.properties;
    logger.error({ queue, messageId, type, reason }, 'a message was parked; see npm run dead-letters');
    await sendToQueueConfirmed(bus, deadQueueOf(queue), {
      routingKey: String(type),
      messageId: String(messageId),
      body: message.content,
      headers: { [REASON_HEADER]: reason },
    });
  }

  async function take(from: Channel, message: ConsumeMessage): Promise<void> {
    // Closing the channel gives back what was not begun.
    if (stopping.signal.aborted) return;
    const stopTimer = handleSeconds.startTimer({ queue });
    try {
      const result = await settle(message);
      stopTimer();
      handled.inc({ queue, result });
      if (channel === from) from.ack(message);
    } catch (cause) {
      logger.warn({ err: cause, queue }, 'a message goes back to its queue');
      giveBack(from, message);
    }
  }

  function giveBack(from: Channel, message: ConsumeMessage): void {
    try {
      from.nack(message, false, true);
    } catch {
      // A channel that is gone has put it back by itself.
    }
  }

  async function attach(connection: ChannelModel): Promise<void> {
    if (stopping.signal.aborted) return;
    await declareQueue(connection, queue, [...byKey.keys()], logger);
    const opened = await connection.createChannel();
    opened.on('error', (cause) => logger.warn({ err: cause, queue }, 'the consuming channel failed'));
    opened.once('close', () => {
      if (channel === opened) channel = null;
      if (!stopping.signal.aborted) void connection.close().catch(() => {});
    });
    await opened.prefetch(PREFETCH);
    channel = opened;
    const consuming = await opened.consume(queue, (message) => {
      if (message === null) return void connection.close().catch(() => {});
      tail = tail.then(() => take(opened, message));
    });
    consumerTag = consuming.consumerTag;
  }

  async function forgetOld(): Promise<void> {
    try {
      let forgotten = FORGET_MAX;
      while (forgotten === FORGET_MAX && !stopping.signal.aborted) {
        const { rowCount } = await database.query({
          name: 'forget_messages',
          text: `delete from processed_messages where ctid = any (array(
                   select ctid from processed_messages where processed_at < now() - $1::interval limit $2))`,
          values: [PROCESSED_KEPT, FORGET_MAX],
        });
        forgotten = rowCount;
      }
    } catch (cause) {
      logger.warn({ err: cause }, 'old message ids could not be forgotten');
    }
  }

  return {
    name: `consumers of ${queue}`,
    async start() {
      // Bound before anything is told: an exchange drops what no queue wants.
      await bus.onConnected(attach);
      const forget = () => {
        forgetting = forgetOld();
      };
      forget();
      forgetTimer = setInterval(forget, FORGET_EVERY_MS);
      forgetTimer.unref();
    },
    async stop() {
      clearInterval(forgetTimer);
      stopping.abort();
      const last = channel;
      await last?.cancel(consumerTag).catch(() => {});
      // The one under way is finished and acknowledged; the rest goes back to the queue when the channel closes.
      await Promise.all([tail, forgetting]);
      channel = null;
      await last?.close().catch(() => {});
    },
  };
}

/** A message that no retry can help. */
class PoisonError extends Error {}

/** Says whether a failure is the database's (connection lost, starting, out of resources) and not the message's. */
function isDatabaseAway(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return (
    /^(08|53|57P|40)/.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT)/.test(code) ||
    /connection (terminated|timeout)|timeout exceeded when/i.test(cause.message)
  );
}
