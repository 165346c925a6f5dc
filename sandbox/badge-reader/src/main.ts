import { mkdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { type ControlAddress, controlServer, giveOrder, OrderError } from './control.ts';
import { READER_FORMATS } from './frames.ts';
import { VirtualReader } from './reader.ts';

const HELP = `Badge reader on a virtual serial port.

  serve   --link <path> --control <port|path>     be a reader: the agent opens <path>; runs until Ctrl-C
  swipe   --control <port|path> --badge <number>  [--format ${READER_FORMATS.join('|')}]
                                                  [--hold <ms>: the card stays and is repeated] [--paced: as at 9600 baud]
  half    --control <port|path> --badge <number>  [--format …]   a card pulled away too early
  garbage --control <port|path>                   [--bytes <count> | --hex <bytes>]
  unplug | plug | state  --control <port|path>

A control that is a number is a port on 127.0.0.1, anything else the path of a Unix socket.`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  link: { type: 'string' },
  control: { type: 'string' },
  badge: { type: 'string' },
  format: { type: 'string' },
  hold: { type: 'string' },
  paced: { type: 'boolean' },
  bytes: { type: 'string' },
  hex: { type: 'string' },
} as const;

type Options = ReturnType<typeof readOptions>['values'];

function readOptions() {
  return parseArgs({ options: OPTIONS, allowPositionals: true });
}

async function run(): Promise<void> {
  const { values, positionals } = readOptions();
  const [command = ''] = positionals;
  if (values.help === true || command === '') {
    console.log(HELP);
    return;
  }
  const address = addressOf(values.control);
  switch (command) {
    case 'serve':
      return serve(values, address);
    case 'swipe':
    case 'half':
    case 'garbage':
    case 'unplug':
    case 'plug':
    case 'state':
      console.log(JSON.stringify(await giveOrder(address, command, fieldsOf(values))));
      return;
    default:
      throw new OrderError(`unknown command ${command}: see --help`);
  }
}

async function serve({ link }: Options, address: ControlAddress): Promise<void> {
  if (link === undefined) throw new OrderError('--link is missing: the path under which the agent finds the reader');
  const reader = new VirtualReader(link);
  if ('path' in address) {
    mkdirSync(dirname(address.path), { recursive: true });
    await clearStaleSocket(address.path);
  }
  const server = controlServer(reader);
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await reader.unplug();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen('path' in address ? address.path : { port: address.port, host: '127.0.0.1' }, resolve);
  });
  reader.plug();
  const bound = server.address();
  const control = typeof bound === 'string' || bound === null ? bound : bound.port;
  console.log(JSON.stringify({ msg: 'badge reader ready', link, control }));
}

/** A socket left by a reader that was killed is removed; one that answers belongs to somebody. */
async function clearStaleSocket(path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const isServed = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (isServed) throw new OrderError(`another reader is controlled through ${path}`);
  rmSync(path);
}

function addressOf(control: string | undefined): ControlAddress {
  if (control === undefined) throw new OrderError('--control is missing: a port, or the path of a socket');
  return /^\d+$/.test(control) ? { port: Number(control) } : { path: control };
}

function fieldsOf(values: Options): Record<string, unknown> {
  return {
    badge: values.badge,
    format: values.format,
    holdMs: values.hold === undefined ? undefined : Number(values.hold),
    isPaced: values.paced === true,
    bytes: values.bytes === undefined ? undefined : Number(values.bytes),
    hex: values.hex,
  };
}

run().catch((cause: unknown) => {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exit(cause instanceof OrderError ? 2 : 1);
});
