import { type Bus, publishConfirmed, singleActive } from '@campanella/messaging';
import type { Database } from '@campanella/postgres';
import { TransferPosted } from '@campanella/proto/events/v1/events';
import { counter, gauge, type Logger, type Part } from '@campanella/service-kit';
import { v5 as uuidV5 } from 'uuid';

/** Transfers were committed, in the order of their shard. */
export const TRANSFER_POSTED = 'ledger.transfer_posted.v1';

/** Names message ids: the same span of a shard has the same id when it is published again. */
const NAMESPACE = '3f0c9d0e-6f0a-5d57-9d7e-5a1c1f5a9b11';
const TRANSFERS_IN_MESSAGE_MAX = 100;
const ROUND_MAX = 5_000;

interface PostedRow {
  readonly seq: number;
  readonly transfer_id: string;
  readonly municipality_id: number;
  readonly debit_account_id: number;
  readonly credit_account_id: number;
  readonly amount_cents: number;
  readonly kind: string;
  readonly reverses: string | null;
  readonly occurred_at: Date;
  readonly posted_at: Date;
}

/**
 * Publishes the journal, which is its own outbox: what a shard has committed beyond what it has published, in order, confirmed before
 * it is marked. A crash in between publishes again; consumers deduplicate on (shard, seq). A shard commits in sequence
 * order, so no late row can be passed over.
 */
export function transferRelay(options: {
  readonly database: Database;
  readonly bus: Bus;
  readonly logger: Logger;
}): Part {
  const { database, bus, logger } = options;
  const behind = gauge('campanella_ledger_unpublished_transfers', 'Sequence numbers committed and not yet published');
  const published = counter('campanella_ledger_published_transfers_total', 'Transfers published');

  async function publishRound(): Promise<boolean> {
    const { rows } = await database.query<{ shard: number; published_seq: number; last_seq: number }>({
      name: 'find_unpublished_shards',
      text: 'select shard, published_seq, last_seq from shards where published_seq < last_seq',
    });
    behind.set(rows.reduce((sum, row) => sum + row.last_seq - row.published_seq, 0));
    for (const row of rows)
      await publishShard(row.shard, row.published_seq, Math.min(row.last_seq, row.published_seq + ROUND_MAX));
    return rows.length > 0;
  }

  async function publishShard(shard: number, after: number, upTo: number): Promise<void> {
    const { rows } = await database.query<PostedRow>({
      name: 'read_unpublished',
      text: `select t.seq, t.transfer_id, a.municipality_id, t.debit_account_id, t.credit_account_id, t.amount_cents, t.kind, t.reverses,
                    t.occurred_at, t.posted_at
               from transfers t join accounts a on a.account_id = t.debit_account_id
              where t.shard = $1 and t.seq > $2 and t.seq <= $3 order by t.seq`,
      values: [shard, after, upTo],
    });
    const messages: Promise<void>[] = [];
    for (let at = 0; at < rows.length; at += TRANSFERS_IN_MESSAGE_MAX) {
      const page = rows.slice(at, at + TRANSFERS_IN_MESSAGE_MAX);
      const messageId = uuidV5(`${shard}:${page[0]?.seq}-${page.at(-1)?.seq}`, NAMESPACE);
      const body = TransferPosted.encode({ shard, transfers: page.map(toPosted) }).finish();
      messages.push(publishConfirmed(bus, { routingKey: TRANSFER_POSTED, messageId, body }));
    }
    await Promise.all(messages);
    await database.query({
      name: 'mark_published',
      text: 'update shards set published_seq = $2 where shard = $1 and published_seq < $2',
      values: [shard, upTo],
    });
    published.inc(rows.length);
  }

  return singleActive({
    name: 'transfer-relay',
    lock: 'campanella ledger relay',
    database,
    bus,
    logger,
    round: publishRound,
  });
}

function toPosted(row: PostedRow) {
  return {
    seq: row.seq,
    transferId: row.transfer_id,
    municipalityId: row.municipality_id,
    debitAccountId: row.debit_account_id,
    creditAccountId: row.credit_account_id,
    amountCents: row.amount_cents,
    kind: row.kind,
    reverses: row.reverses ?? '',
    occurredAtMs: row.occurred_at.getTime(),
    postedAtMs: row.posted_at.getTime(),
  };
}
