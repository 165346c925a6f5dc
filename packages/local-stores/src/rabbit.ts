import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { findProgram, rabbitFolders } from './programs.ts';
import { freePort, runStore, type Store } from './store.ts';

export interface RabbitOptions {
  readonly folder: string;
  readonly port?: number;
  readonly password?: string;
}

/** A broker, with what its own tool needs. */
export interface RabbitStore extends Store {
  /** Runs rabbitmqctl against this broker, e.g. `('add_vhost', 'v1')`; answers what it printed. */
  control(...words: readonly string[]): string;
  /** The same as a command, for another process. */
  readonly controlCommand: ControlCommand;
}

export interface ControlCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs a broker's own tool and answers what it printed. @throws Error with its message where it fails */
export function runControl(command: ControlCommand, words: readonly string[]): string {
  return execFileSync(command.program, [...command.arguments, ...words], {
    env: { ...process.env, ...command.environment },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/**
 * Starts RabbitMQ by itself on loopback: node name, ports, cookie, folder and epmd are its own, so it meets no other broker of
 * the machine. It is ready in 5 to 8 s: by far the slowest store, so start it first.
 */
export async function startRabbit(options: RabbitOptions): Promise<RabbitStore> {
  const { folder, password = 'campanella' } = options;
  const program = findProgram('rabbitmq-server', rabbitFolders());
  const control = findProgram('rabbitmqctl', rabbitFolders());
  if (program === null || control === null)
    throw new Error('RabbitMQ is not on this machine: install it (Debian: rabbitmq-server)');
  for (const name of ['home', 'mnesia', 'log']) mkdirSync(join(folder, name), { recursive: true });
  const cookieFile = join(folder, 'home', '.erlang.cookie');
  if (!existsSync(cookieFile)) writeFileSync(cookieFile, randomBytes(20).toString('hex'), { mode: 0o400 });
  const port = options.port ?? (await freePort());
  // The node's name is part of its data: a later start must use the same.
  const nameFile = join(folder, 'node-name');
  if (!existsSync(nameFile)) writeFileSync(nameFile, `campanella-${randomBytes(4).toString('hex')}@localhost`);
  const nodeName = readFileSync(nameFile, 'utf8');
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  writeFileSync(join(folder, 'rabbitmq.conf'), configuration(port, password));
  const epmdPort = await freePort();
  const environment = {
    HOME: join(folder, 'home'),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: join(folder, 'rabbit.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none',
  };
  const url = `amqp://campanella:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  const store = await runStore('RabbitMQ', url, {
    program,
    arguments: [],
    environment,
    ping: () => pingRabbit(url),
    readyWithinMs: 90_000,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
  });
  return withTools(store, environment, control);
}

function configuration(port: number, password: string): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'default_user = campanella',
    `default_pass = ${password}`,
    'vm_memory_high_watermark.absolute = 512MB',
    'disk_free_limit.absolute = 200MB',
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    '',
  ].join('\n');
}

/** Adds the tool, and the end of the broker's own epmd, which would stay behind. */
function withTools(store: Store, environment: Record<string, string>, program: string): RabbitStore {
  const controlCommand = { program, arguments: ['-n', environment['RABBITMQ_NODENAME'] ?? ''], environment };
  const endEpmd = () => {
    try {
      execFileSync('epmd', ['-kill'], {
        env: { ...process.env, ...environment, ERL_EPMD_RELAXED_COMMAND_CHECK: 'true' },
        stdio: 'ignore',
      });
    } catch {
      // Not there, or another node still uses it.
    }
  };
  return {
    url: store.url,
    get pid() {
      return store.pid;
    },
    async stop() {
      await store.stop();
      endEpmd();
    },
    kill: () => store.kill(),
    restart: () => store.restart(),
    control: (...words) => runControl(controlCommand, words),
    controlCommand,
  };
}

async function pingRabbit(url: string): Promise<void> {
  const connection = await connect(url, { timeout: 2_000 });
  connection.on('error', () => {});
  await connection.close();
}
