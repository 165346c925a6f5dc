import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger, Part } from '@campanella/service-kit';
import { cents } from '@campanella/vocabulary';
import { Redis } from 'ioredis';
import type { Command, Decided, DecidedBatch, HotPosition, HotState, Verdict } from '../app/ports.ts';
import { encodeBody, parseBatch } from './hot-rows.ts';

/** Two day-buckets of ids are kept; the older one goes by itself. */
const KEYS_LIVE_S = 2 * 86_400;
const COMMAND_WITHIN_MS = 2_000;

const script = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const SCRIPTS = {
  ledgerDecide: { numberOfKeys: 5, lua: script('decide.lua') },
  ledgerWarm: { numberOfKeys: 2, lua: script('warm.lua') },
  ledgerReset: { numberOfKeys: 5, lua: script('reset.lua') },
} as const;

type ScriptCall = (...values: (string | number)[]) => Promise<unknown>;
type ScriptedRedis = Redis & Record<keyof typeof SCRIPTS, ScriptCall>;

/**
 * The hot state in Redis. No command waits for a connection: while Redis is away everything rejects at once, and the shard holds its
 * commands until it is back.
 */
export function openHotState(options: { readonly url: string }, logger: Logger): HotState & Part {
  const redis = new Redis(options.url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_WITHIN_MS,
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(10 * attempt, 100),
    scripts: SCRIPTS,
  }) as ScriptedRedis;
  redis.on('error', (cause) => logger.debug({ err: cause }, 'redis connection'));
  redis.on('ready', () => logger.info({}, 'connected to redis'));
  redis.on('close', () => logger.warn({}, 'redis is away'));

  return {
    name: 'hot-state',
    async start() {
      await redis.connect().catch((cause: unknown) => logger.warn({ err: cause }, 'redis is not there yet'));
    },
    async stop() {
      redis.disconnect();
    },
    async checkReady() {
      await redis.ping();
    },
    async decide(shard, epoch, committedSeq, commands) {
      const head = randomBytes(9).toString('base64url');
      const values: (string | number)[] = [...shardKeys(shard), epoch, head, committedSeq, KEYS_LIVE_S];
      for (const command of commands) pushCommand(values, command);
      return readDecided(await redis.ledgerDecide(...values), head, commands);
    },
    async warm(shard, epoch, accounts) {
      const [meta, states] = shardKeys(shard);
      const values = accounts.flatMap((account) => [
        account.accountId,
        `${account.balanceCents}:${account.overdraftCents}`,
      ]);
      return (await redis.ledgerWarm(meta, states, epoch, ...values)) === 1;
    },
    async position(shard) {
      const [meta] = shardKeys(shard);
      const [epoch, seq, head, windowFrom] = await redis.hmget(meta, 'epoch', 'seq', 'head', 'window_from');
      if (!epoch || !seq || !head) return null;
      return {
        epoch: Number(epoch),
        seq: Number(seq),
        head,
        windowFromMs: Number(windowFrom ?? 0),
      } satisfies HotPosition;
    },
    async pendingAfter(shard, seq) {
      const [, , , , pending] = shardKeys(shard);
      const entries = await redis.xrange(pending, `0-${seq + 1}`, '+');
      return entries.map(([id, fields]) => parseBatch(id, fields));
    },
    async reset(shard, { epoch, seq, head, windowFromMs }) {
      await redis.ledgerReset(...shardKeys(shard), epoch, seq, head, windowFromMs);
    },
  };
}

/** All keys of a shard share its hash tag, so that they live on one node of a cluster. */
function shardKeys(shard: number): [string, string, string, string, string] {
  const prefix = `ledger:{s${shard}}`;
  const today = Math.floor(Date.now() / 86_400_000);
  return [
    `${prefix}:meta`,
    `${prefix}:accounts`,
    `${prefix}:keys:${today}`,
    `${prefix}:keys:${today - 1}`,
    `${prefix}:pending`,
  ];
}

function pushCommand(values: (string | number)[], command: Command): void {
  if (command.type === 'limit') {
    values.push('L', command.changeId, command.accountId, '', command.overdraftCents, encodeBody(command));
    return;
  }
  const { transfer, debitHousehold, creditHousehold } = command;
  const op = transfer.reverses === null ? 'T' : 'V';
  values.push(
    op,
    transfer.transferId,
    debitHousehold ?? '',
    creditHousehold ?? '',
    transfer.amountCents,
    encodeBody(command),
  );
}

function readDecided(answer: unknown, head: string, commands: readonly Command[]): Decided {
  if (!Array.isArray(answer)) throw new TypeError('the decide script answered no list');
  const [kind, first, last, previousHead, lines] = answer.map(String);
  if (kind !== 'ok' || lines === undefined || previousHead === undefined) return { kind: 'stale' };
  const verdicts = lines.split('\n').map(toVerdict);
  const firstSeq = Number(first);
  const lastSeq = Number(last);
  if (lastSeq < firstSeq) return { kind: 'decided', verdicts, batch: null };
  return { kind: 'decided', verdicts, batch: toBatch({ firstSeq, lastSeq, previousHead, head }, commands, verdicts) };
}

function toVerdict(line: string): Verdict {
  const [kind, seq, one, two, three] = line.split(' ');
  if (kind === 'D') return { kind: 'duplicate' };
  if (kind === 'C') return { kind: 'cold' };
  if (kind === 'R') {
    return one === 'already_reversed'
      ? { kind: 'refused', refusal: { kind: 'already_reversed' } }
      : {
          kind: 'refused',
          refusal: { kind: 'limit_exceeded', balanceCents: cents(Number(two)), overdraftCents: cents(Number(three)) },
        };
  }
  return {
    kind: 'accepted',
    seq: Number(seq),
    debitAfterCents: one === '-' ? null : cents(Number(one)),
    creditAfterCents: two === '-' ? null : cents(Number(two)),
  };
}

/** The rows of an own batch, made from what we hold: only a foreign batch is parsed from the stream. */
function toBatch(
  place: Pick<DecidedBatch, 'firstSeq' | 'lastSeq' | 'previousHead' | 'head'>,
  commands: readonly Command[],
  verdicts: readonly Verdict[],
): DecidedBatch {
  const transfers: DecidedBatch['transfers'][number][] = [];
  const refusals: DecidedBatch['refusals'][number][] = [];
  let limit: DecidedBatch['limit'] = null;
  let seq = place.firstSeq;
  commands.forEach((command, index) => {
    const verdict = verdicts[index];
    if (verdict?.kind === 'refused') {
      refusals.push({
        seq,
        transferId: command.type === 'limit' ? command.changeId : command.transfer.transferId,
        refusal: verdict.refusal,
      });
      seq += 1;
    } else if (verdict?.kind === 'accepted') {
      seq += 1;
      if (command.type === 'limit') {
        const { changeId, accountId, overdraftCents } = command;
        limit = { seq: verdict.seq, changeId, accountId, overdraftCents };
      } else {
        const { debitAfterCents, creditAfterCents } = verdict;
        transfers.push({ ...command.transfer, seq: verdict.seq, debitAfterCents, creditAfterCents });
      }
    }
  });
  return { ...place, transfers, refusals, limit };
}
