import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { BadgeFormError, isReaderFormat, READER_FORMATS, type ReaderFormat } from './frames.ts';
import { GARBAGE_BYTES_MAX, UnpluggedError, type VirtualReader } from './reader.ts';

const BODY_BYTES_MAX = 4_096;
const ANSWER_WITHIN_MS = 70_000;

/** Where the control listens: a port on loopback, or the path of a Unix socket. */
export type ControlAddress = { readonly port: number } | { readonly path: string };

/** An order that cannot be carried out; the text says what to do. */
export class OrderError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OrderError';
  }
}

/** What can be ordered: `POST /<order>` with a JSON object. */
export type Order = 'state' | 'swipe' | 'half' | 'garbage' | 'unplug' | 'plug';

type Fields = Readonly<Record<string, unknown>>;
type Answer = Readonly<Record<string, string | number | boolean>>;

/** Lets other processes on this machine use a virtual reader. */
export function controlServer(reader: VirtualReader): Server {
  const orders: Record<Order, (fields: Fields) => Promise<Answer>> = {
    state: async () => ({ isPlugged: reader.isPlugged }),
    swipe: async (fields) => ({
      frames: await reader.swipe({
        badge: textOf(fields, 'badge'),
        format: formatOf(fields),
        holdMs: numberOf(fields, 'holdMs', 0),
        isPaced: fields['isPaced'] === true,
      }),
    }),
    half: async (fields) => reader.half(textOf(fields, 'badge'), formatOf(fields)).then(() => ({ ok: true })),
    garbage: async (fields) => {
      const count = Math.min(GARBAGE_BYTES_MAX, numberOf(fields, 'bytes', 64));
      const bytes = typeof fields['hex'] === 'string' ? Buffer.from(fields['hex'], 'hex') : randomBytes(count);
      await reader.send(bytes);
      return { bytes: bytes.length };
    },
    unplug: async () => reader.unplug().then(() => ({ isPlugged: false })),
    plug: async () => {
      reader.plug();
      return { isPlugged: true };
    },
  };
  return createServer(async (incoming, response) => {
    const order = orderOf(incoming.url ?? '');
    const answer = await (order === null
      ? Promise.reject(new OrderError(`orders are ${Object.keys(orders).join(', ')}`))
      : readFields(incoming).then((fields) => orders[order](fields))
    ).then(
      (value) => ({ status: 200, value }),
      (cause: unknown) => ({ status: isExpected(cause) ? 422 : 500, value: { error: String(messageOf(cause)) } }),
    );
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.value));
  });

  function orderOf(url: string): Order | null {
    const name = url.slice(1);
    return isOrder(name) ? name : null;
  }

  function isOrder(name: string): name is Order {
    return Object.hasOwn(orders, name);
  }
}

/** Gives an order to a reader that is being served. @throws OrderError where it refuses or nobody listens */
export function giveOrder(address: ControlAddress, order: Order, fields: Fields = {}): Promise<unknown> {
  const target = 'path' in address ? { socketPath: address.path } : { host: '127.0.0.1', port: address.port };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { ...target, path: `/${order}`, method: 'POST', timeout: ANSWER_WITHIN_MS },
      (incoming) => {
        readFields(incoming).then((answer) => {
          if (incoming.statusCode === 200) resolve(answer);
          else
            reject(
              new OrderError(typeof answer['error'] === 'string' ? answer['error'] : 'the reader refused the order'),
            );
        }, reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new OrderError('the reader does not answer')));
    outgoing.on('error', (cause) =>
      reject(
        cause instanceof OrderError
          ? cause
          : new OrderError(`no reader listens there (${messageOf(cause)}): start it with "serve"`),
      ),
    );
    outgoing.end(JSON.stringify(fields));
  });
}

function isExpected(cause: unknown): boolean {
  return cause instanceof OrderError || cause instanceof BadgeFormError || cause instanceof UnpluggedError;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function readFields(incoming: IncomingMessage): Promise<Fields> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > BODY_BYTES_MAX) throw new OrderError('the order is too long');
  }
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    // Falls through to the refusal below.
  }
  throw new OrderError('an order is a JSON object');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new OrderError(`${name} is missing`);
}

function numberOf(fields: Fields, name: string, fallback: number): number {
  const value = fields[name] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new OrderError(`${name} must be a number, not below zero`);
}

function formatOf(fields: Fields): ReaderFormat {
  const name = fields['format'] ?? 'rdm6300';
  if (typeof name === 'string' && isReaderFormat(name)) return name;
  throw new OrderError(`format must be one of ${READER_FORMATS.join(', ')}`);
}
