import { connect } from 'node:net';

/** What a server answered to bytes that were sent as they are. */
export interface RawAnswer {
  /** 0 where the server closed without a word. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** All that came, with further answers on the same connection. */
  readonly text: string;
}

/**
 * Sends bytes over a connection of its own, as no HTTP client would, and reads until the server closes. Chunks of an asynchronous source
 * are sent as they come, until the server answers.
 *
 * @param target `host:port`
 */
export async function sendRaw(
  target: string,
  bytes: string | Buffer | AsyncIterable<string | Buffer>,
): Promise<RawAnswer> {
  const [host = '', port = ''] = target.split(':');
  const socket = connect({ host, port: Number(port) });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    // A server may reset a connection on which it has answered: what came until then counts.
    socket.once('error', () => resolve());
  });
  await write(socket, bytes, chunks);
  await closed;
  socket.destroy();
  const text = Buffer.concat(chunks).toString('latin1');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0);
  return { status, headers: new Map(headers), body: rest.join('\r\n\r\n'), text };
}

async function write(
  socket: ReturnType<typeof connect>,
  bytes: string | Buffer | AsyncIterable<string | Buffer>,
  answer: readonly Buffer[],
): Promise<void> {
  if (typeof bytes === 'string' || Buffer.isBuffer(bytes)) {
    socket.write(bytes);
    return;
  }
  for await (const chunk of bytes) {
    if (answer.length > 0 || socket.destroyed) return;
    if (!socket.write(chunk)) {
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
        socket.once('data', () => resolve());
      });
    }
  }
}
