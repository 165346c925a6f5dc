import { parseArgs } from 'node:util';
import { runMain } from '@campanella/service-kit';
import { type Channel, connect, type GetMessage } from 'amqplib';
import { deadQueueOf, REASON_HEADER } from './consumers.ts';

const HELP = `Shows and replays messages that could not be handled.

  npm run dead-letters -- list   --queue <name> [--limit 50]
  npm run dead-letters -- replay --queue <name> [--limit 50] [--message <id>]

  --queue    the queue they were meant for, e.g. attendance.directory (its parked messages are in <queue>.dead)
  --limit    most messages to look at, 1 to 1000 (50)
  --message  replay only the message with this id
The broker's address comes from AMQP_URL. A replayed message goes back to its queue under its own id: what was applied
already has no second effect. It leaves the dead-letter queue only after the broker has confirmed its copy.`;

interface Wish {
  readonly command: 'list' | 'replay';
  readonly url: string;
  readonly queue: string;
  readonly limit: number;
  readonly messageId: string | undefined;
}

/** Reads the command line; null for help. @throws Error that says what is missing or wrong */
function readWish(words: readonly string[], url: string | undefined): Wish | null {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      queue: { type: 'string' },
      limit: { type: 'string', default: '50' },
      message: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [command] = positionals;
  if (values.help === true || command === undefined) return null;
  if (command !== 'list' && command !== 'replay') throw new Error(`there is no ${command}: say list or replay`);
  if (url === undefined) throw new Error('AMQP_URL is missing: set it to the address of RabbitMQ, with its vhost');
  if (values.queue === undefined)
    throw new Error('--queue is missing: name the queue, e.g. --queue attendance.directory');
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw new Error('--limit must be 1 to 1000');
  return { command, url, queue: values.queue, limit, messageId: values.message };
}

async function carryOut(wish: Wish): Promise<void> {
  const connection = await connect(wish.url);
  const channel = await connection.createConfirmChannel();
  // What closes it also rejects the call that did it.
  channel.on('error', () => {});
  await channel.checkQueue(deadQueueOf(wish.queue)).catch((cause) => {
    throw new Error(`the broker has no queue ${deadQueueOf(wish.queue)}`, { cause });
  });
  const parked = await takeParked(channel, deadQueueOf(wish.queue), wish.limit);
  if (wish.command === 'list') {
    for (const message of parked) console.log(describe(message));
    console.log(`${parked.length} parked`);
  } else {
    const chosen = parked.filter(
      ({ properties }) => wish.messageId === undefined || properties.messageId === wish.messageId,
    );
    for (const message of chosen) {
      channel.sendToQueue(wish.queue, message.content, { ...message.properties, persistent: true, headers: {} });
      await channel.waitForConfirms();
      channel.ack(message);
      console.log(`replayed ${describe(message)}`);
    }
    console.log(`${chosen.length} replayed`);
  }
  // Closing gives back what was looked at and not acknowledged.
  await channel.close();
  await connection.close();
}

async function takeParked(channel: Channel, queue: string, limit: number): Promise<GetMessage[]> {
  const messages: GetMessage[] = [];
  while (messages.length < limit) {
    const message = await channel.get(queue);
    if (message === false) break;
    messages.push(message);
  }
  return messages;
}

function describe({ properties }: GetMessage): string {
  const headers = properties.headers ?? {};
  const reason = headers[REASON_HEADER] ?? headers['x-first-death-reason'] ?? 'delivered too often';
  const at = typeof properties.timestamp === 'number' ? new Date(properties.timestamp * 1000).toISOString() : 'unknown';
  return `${String(properties.messageId)}  ${String(properties.type)}  published ${at}  ${String(reason)}`;
}

await runMain(async () => {
  try {
    const wish = readWish(process.argv.slice(2), process.env['AMQP_URL']);
    if (wish === null) console.log(HELP);
    else await carryOut(wish);
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exit(1);
  }
});
