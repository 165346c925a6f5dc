import type { Database, Transaction } from '@campanella/postgres';
import { counter, type Logger, type Part } from '@campanella/service-kit';
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
const PROCESSED_KEPT = '14 days';
const FORGET_EVERY_MS = 3_600_000;

/** How one kind of event is taken: decoded, then handled in the transaction that records its message id. */
export interface EventConsumer<Deps> {
  readonly routingKey: string;
  readonly handle: (tx: Transaction, body: Uint8Array, deps: Deps) => Promise<void>;
}

/**
 * Describes the consumption of an event. `handle` runs at most once to its commit for each message id; what it throws is tried again and
 * then parked with its reason.
 */
export function consumer<Event, Deps>(
  routingKey: string,
  decode: (body: Uint8Array) => Event,
  handle: (tx: Transaction, event: Event, deps: Deps) => Promise<void>,
): EventConsumer<Deps> {
  return { routingKey, handle: (tx, body, deps) => handle(tx, decode(body), deps) };
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

/** Declares a queue, its dead-letter queue and its bindings: both quorum queues, so that a confirmed message survives a node. */
export async function declareQueue(channel: Channel, queue: string, routingKeys: readonly string[]): Promise<void> {
  await channel.assertQueue(deadQueueOf(queue), { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.assertQueue(queue, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': DELIVERY_LIMIT,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': deadQueueOf(queue),
    },
  });
  for (const routingKey of routingKeys) await channel.bindQueue(queue, EVENTS_EXCHANGE, routingKey);
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
  const stopping = new AbortController();
  let channel: Channel | null = null;
  let tail: Promise<void> = Promise.resolve();
  let forgetTimer: NodeJS.Timeout | undefined;

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
    try {
      const result = await settle(message);
      handled.inc({ queue, result });
      if (channel === from) from.ack(message);
    } catch (cause) {
      logger.warn({ err: cause, queue }, 'a message goes back to its queue');
      // A channel that is gone has put it back by itself.
      if (channel === from) from.nack(message, false, true);
    }
  }

  async function attach(connection: ChannelModel): Promise<void> {
    if (stopping.signal.aborted) return;
    const opened = await connection.createChannel();
    opened.on('error', (cause) => logger.warn({ err: cause, queue }, 'the consuming channel failed'));
    opened.once('close', () => {
      if (channel === opened) channel = null;
      void connection.close().catch(() => {});
    });
    await opened.prefetch(PREFETCH);
    await declareQueue(opened, queue, [...byKey.keys()]);
    channel = opened;
    await opened.consume(queue, (message) => {
      if (message === null) return void connection.close().catch(() => {});
      tail = tail.then(() => take(opened, message));
    });
  }

  return {
    name: `consumers of ${queue}`,
    async start() {
      // Bound before anything is told: an exchange drops what no queue wants.
      await bus.onConnected(attach);
      const forget = () =>
        database
          .query({ text: `delete from processed_messages where processed_at < now() - interval '${PROCESSED_KEPT}'` })
          .catch((cause) => logger.warn({ err: cause }, 'old message ids could not be forgotten'));
      forgetTimer = setInterval(forget, FORGET_EVERY_MS);
      forgetTimer.unref();
    },
    async stop() {
      clearInterval(forgetTimer);
      stopping.abort();
      const last = channel;
      channel = null;
      // What was delivered and not acknowledged goes back to the queue when the channel closes.
      await last?.close().catch(() => {});
      await tail;
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
