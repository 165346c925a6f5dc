import type { Database, Transaction } from '@campanella/postgres';
import { counter, gauge, type Logger, type Part } from '@campanella/service-kit';
import { type Context, context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { type Bus, publishConfirmed } from './bus.ts';
import { singleActive } from './single-active.ts';

/** Most events read, published and deleted in one round. */
const ROUND_MAX = 500;
const MEASURE_EVERY_MS = 5_000;

export interface OutgoingEvent {
  readonly routingKey: string;
  readonly municipalityId: number;
  readonly body: Uint8Array;
}

/** Appends an event in the transaction of the fact it tells: committed together, published soon after, at least once. */
export async function appendEvent(tx: Transaction, event: OutgoingEvent): Promise<void> {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  await tx.query({
    name: 'append_outbox_event',
    text: 'insert into outbox_events (municipality_id, routing_key, body, traceparent) values ($1, $2, $3, $4)',
    values: [event.municipalityId, event.routingKey, event.body, carrier['traceparent'] ?? null],
  });
}

interface OutboxRow {
  readonly position: number;
  readonly message_id: string;
  readonly routing_key: string;
  readonly body: Buffer;
  readonly traceparent: string | null;
}

/**
 * Publishes what transactions appended, in order, each event confirmed before it is deleted. Of many replicas one is active, by a
 * session lock that goes over when it dies. A crash between confirm and delete publishes again under the same message id.
 */
export function outboxRelay(options: {
  readonly database: Database;
  readonly bus: Bus;
  readonly logger: Logger;
}): Part {
  const { database, bus, logger } = options;
  const oldest = gauge('campanella_outbox_oldest_seconds', 'Age of the oldest event not yet published');
  const published = counter('campanella_outbox_published_total', 'Events published', ['routing_key']);

  async function publishRound(): Promise<number> {
    const { rows } = await database.query<OutboxRow>({
      name: 'read_outbox',
      text: `select position, message_id, routing_key, body, traceparent
               from outbox_events order by position limit $1`,
      values: [ROUND_MAX],
    });
    if (rows.length === 0) return 0;
    await Promise.all(
      rows.map((row) =>
        context.with(traceOf(row), () =>
          publishConfirmed(bus, { routingKey: row.routing_key, messageId: row.message_id, body: row.body }),
        ),
      ),
    );
    await database.query({
      name: 'delete_published',
      text: 'delete from outbox_events where position = any($1::bigint[])',
      values: [rows.map(({ position }) => position)],
    });
    for (const row of rows) published.inc({ routing_key: row.routing_key });
    return rows.length;
  }

  /** Every replica measures, also while nothing can be published: that is when somebody must be told. */
  async function measure(): Promise<void> {
    const { rows } = await database.query<{ age_seconds: number }>({
      name: 'measure_outbox',
      text: `select extract(epoch from now() - appended_at)::float8 as age_seconds
               from outbox_events order by position limit 1`,
    });
    oldest.set(rows[0]?.age_seconds ?? 0);
  }

  const relay = singleActive({
    name: 'outbox-relay',
    lock: 'campanella outbox relay',
    database,
    bus,
    logger,
    round: async () => (await publishRound()) > 0,
  });
  let measuring: NodeJS.Timeout | undefined;
  let measured: Promise<void> = Promise.resolve();
  return {
    ...relay,
    async start() {
      await relay.start();
      measuring = setInterval(() => {
        measured = measure().catch((cause) => logger.warn({ err: cause }, 'the outbox could not be measured'));
      }, MEASURE_EVERY_MS);
      measuring.unref();
    },
    async stop() {
      clearInterval(measuring);
      await relay.stop();
      await measured;
    },
  };
}

/** The trace of the operation that appended an event: publishing it belongs there, not to the relay's round. */
function traceOf({ traceparent }: OutboxRow): Context {
  return traceparent === null ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
}
