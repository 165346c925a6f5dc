import { gauge, type Logger, type Part } from '@campanella/service-kit';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';

/** The one exchange of past facts between all services. */
export const EVENTS_EXCHANGE = 'campanella.events';

const START_WAITS_MS = 5_000;
const CONFIRM_WITHIN_MS = 10_000;
const RECONNECT_FROM_MS = 100;
const RECONNECT_TO_MS = 5_000;
/** A broker that is silent for twice as long is taken for gone: a half-open line has no other sign. */
const HEARTBEAT_S = 10;

export interface OutgoingMessage {
  readonly routingKey: string;
  /** UUID: consumers deduplicate on it. */
  readonly messageId: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Bus extends Part {
  readonly isConnected: boolean;
  /** Connected, and the broker takes messages: under a memory or disk alarm it takes none. */
  readonly canPublish: boolean;
  /**
   * Runs at every connection; a rejection drops the connection and begins again. Resolves when it has run on the present
   * connection, at once while there is none.
   */
  onConnected(setUp: (connection: ChannelModel) => Promise<void>): Promise<void>;
  /** The confirm channel of the present connection. @throws Error while there is none or the broker takes no messages */
  publisher(): ConfirmChannel;
}

/**
 * Opens the connection to RabbitMQ and keeps it: after a loss it connects again by itself, with a growing wait. Starting does not
 * depend on the broker: events wait in the outbox, and nothing that money needs goes over it.
 */
export function openBus(options: { readonly url: string; readonly service: string }, logger: Logger): Bus {
  const setUps: ((connection: ChannelModel) => Promise<void>)[] = [];
  const connected = gauge('campanella_messaging_connected', 'Whether the broker is connected (1) or not (0)');
  let current: { connection: ChannelModel; publisher: ConfirmChannel } | null = null;
  let isStopped = false;
  let isBlocked = false;
  let wake = () => {};
  let loop: Promise<void> = Promise.resolve();
  let announceFirst = () => {};
  const first = new Promise<void>((resolve) => {
    announceFirst = resolve;
  });

  /** The connection's end comes in an object: a bare promise would be awaited on its way out of an async function. */
  async function connectOnce(): Promise<{ lost: Promise<void> }> {
    isBlocked = false;
    const connection = await connect(withHeartbeat(options.url), {
      clientProperties: { connection_name: options.service },
      timeout: 5_000,
      noDelay: true,
    });
    const lost = new Promise<void>((resolve) => connection.once('close', () => resolve()));
    // Without listeners an error of the connection or of a channel ends the process; "close" follows and is enough.
    connection.on('error', (cause) => logger.debug({ err: cause }, 'the broker connection failed'));
    connection.on('blocked', (reason) => {
      isBlocked = true;
      logger.warn({ reason }, 'the broker takes no messages; events wait in the outbox');
    });
    connection.on('unblocked', () => {
      isBlocked = false;
      logger.info({}, 'the broker takes messages again');
    });
    try {
      const publisher = await connection.createConfirmChannel();
      publisher.on('error', (cause) => logger.debug({ err: cause }, 'the publishing channel failed'));
      publisher.once('close', () => void connection.close().catch(() => {}));
      await publisher.assertExchange(EVENTS_EXCHANGE, 'topic', { durable: true });
      current = { connection, publisher };
      for (const setUp of setUps) await setUp(connection);
    } catch (cause) {
      current = null;
      await connection.close().catch(() => {});
      throw cause;
    }
    return { lost };
  }

  async function keepConnected(): Promise<void> {
    let waitMs = RECONNECT_FROM_MS;
    while (!isStopped) {
      try {
        const { lost } = await connectOnce();
        connected.set(1);
        announceFirst();
        waitMs = RECONNECT_FROM_MS;
        logger.info({}, 'connected to the broker');
        await lost;
        if (!isStopped) logger.warn({}, 'the broker is away; events wait in the outbox');
      } catch (cause) {
        logger.warn(
          { reason: cause instanceof Error ? cause.message : String(cause), waitMs },
          'the broker cannot be reached',
        );
      }
      current = null;
      connected.set(0);
      if (isStopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs * (0.5 + Math.random() / 2));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      waitMs = Math.min(waitMs * 2, RECONNECT_TO_MS);
    }
  }

  return {
    name: 'bus',
    get isConnected() {
      return current !== null;
    },
    get canPublish() {
      return current !== null && !isBlocked;
    },
    async onConnected(setUp) {
      setUps.push(setUp);
      const present = current;
      if (present !== null) await setUp(present.connection).catch(() => present.connection.close().catch(() => {}));
    },
    publisher() {
      if (current === null) throw new Error('the broker is not connected');
      if (isBlocked) throw new Error('the broker takes no messages: its memory or disk is short');
      return current.publisher;
    },
    async start() {
      loop = keepConnected();
      const patience = new Promise<void>((resolve) => setTimeout(resolve, START_WAITS_MS).unref());
      await Promise.race([first, patience]);
    },
    async stop() {
      isStopped = true;
      wake();
      await current?.connection.close().catch(() => {});
      await loop;
    },
  };
}

function withHeartbeat(url: string): string {
  const address = new URL(url);
  if (!address.searchParams.has('heartbeat')) address.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return address.href;
}

/**
 * Publishes one event and resolves when the broker has it for good. How much may be on its way at once is the caller's to bound: relays
 * publish a round, wait for all of it, and only then read the next.
 *
 * @throws Error while the broker is away, refuses it or does not confirm within 10 s: publish again under the same message id
 */
export function publishConfirmed(bus: Bus, message: OutgoingMessage): Promise<void> {
  return sendConfirmed(bus, EVENTS_EXCHANGE, message.routingKey, message);
}

/** As {@link publishConfirmed}, straight into a queue, past the exchange. */
export function sendToQueueConfirmed(bus: Bus, queue: string, message: OutgoingMessage): Promise<void> {
  return sendConfirmed(bus, '', queue, message);
}

function sendConfirmed(bus: Bus, exchange: string, key: string, message: OutgoingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    const channel = bus.publisher();
    const settle = (cause: unknown) => {
      clearTimeout(late);
      channel.off('close', lost);
      if (cause === null || cause === undefined) resolve();
      else reject(cause instanceof Error ? cause : new Error('the broker refused a message'));
    };
    const lost = () => settle(new Error('the broker connection was lost before it confirmed'));
    const late = setTimeout(() => {
      settle(new Error(`the broker did not confirm within ${CONFIRM_WITHIN_MS} ms`));
      // What this channel still holds would be published again beside its repetition: begin anew.
      void channel.close().catch(() => {});
    }, CONFIRM_WITHIN_MS);
    channel.once('close', lost);
    const { messageId, routingKey, body, headers } = message;
    channel.publish(
      exchange,
      key,
      Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      {
        persistent: true,
        messageId,
        type: routingKey,
        contentType: 'application/x-protobuf',
        timestamp: Math.floor(Date.now() / 1000),
        headers: { ...headers },
      },
      settle,
    );
  });
}
