import { spawnSync } from 'node:child_process';
import { findProgram, postgresFolders, rabbitFolders } from '@campanella/local-stores';
import { ClearError } from './clear-error.ts';
import type { Progress } from './progress.ts';

/** A program that the platform or its tests need, and how a machine gets it. */
interface Needed {
  readonly label: string;
  readonly isThere: () => boolean;
  readonly debian: readonly string[];
  readonly brew: readonly string[];
  /** Name of the variable with an address of one's own; null where only a program will do. */
  readonly variable: string | null;
}

const POSTGRES: Needed = {
  label: 'PostgreSQL',
  isThere: () => findProgram('postgres', postgresFolders()) !== null,
  debian: ['postgresql'],
  brew: ['postgresql@18'],
  variable: 'CAMPANELLA_POSTGRES_URL',
};
const REDIS: Needed = {
  label: 'Redis',
  isThere: () => findProgram('redis-server') !== null,
  debian: ['redis-server'],
  brew: ['redis'],
  variable: 'CAMPANELLA_REDIS_URL',
};
const RABBIT: Needed = {
  label: 'RabbitMQ',
  isThere: () => findProgram('rabbitmq-server', rabbitFolders()) !== null,
  debian: ['rabbitmq-server'],
  brew: ['rabbitmq'],
  variable: 'CAMPANELLA_AMQP_URL',
};
const CHROMIUM: Needed = {
  label: 'Chromium',
  isThere: () =>
    process.env['CAMPANELLA_CHROMIUM'] !== undefined ||
    ['chromium', 'chromium-browser', 'google-chrome'].some((name) => findProgram(name) !== null),
  debian: ['chromium'],
  brew: ['chromium'],
  variable: null,
};

const NGINX: Needed = {
  label: 'nginx',
  isThere: () => findProgram('nginx') !== null,
  debian: ['nginx'],
  brew: ['nginx'],
  variable: null,
};

/** Makes sure that the stores' programs are there, but for those whose address is in the environment. */
export function ensureStores(progress: Progress): Promise<void> {
  return ensure(
    progress,
    [POSTGRES, REDIS, RABBIT].filter(({ variable }) => variable === null || process.env[variable] === undefined),
  );
}

/** Makes sure of all that tests need: the stores' programs, whatever the environment says, and a browser. */
export function ensureForTests(progress: Progress, needsBrowser: boolean): Promise<void> {
  return ensure(progress, [POSTGRES, REDIS, RABBIT, ...(needsBrowser ? [CHROMIUM] : [])]);
}

/** Makes sure of what the gateway's bench measures beside the gateway. */
export function ensureForGatewayBench(progress: Progress): Promise<void> {
  return ensure(progress, [REDIS, NGINX]);
}

/** In the order: on the machine → the system's package manager, where it needs no password → one message with the ways out. */
async function ensure(progress: Progress, needed: readonly Needed[]): Promise<void> {
  const missing = needed.filter(({ isThere }) => !isThere());
  if (missing.length === 0) return;
  const names = missing.map(({ label }) => label).join(', ');
  const isInstalled = await progress.step(`installing ${names} with the system's package manager`, async () =>
    install(missing),
  );
  const still = missing.filter(({ isThere }) => !isThere());
  if (still.length > 0) throw new ClearError(waysOut(still, isInstalled));
}

function install(missing: readonly Needed[]): string {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (findProgram('apt-get') !== null && (sudo.length === 0 || spawnSync('sudo', ['-n', 'true']).status === 0)) {
    const packages = missing.flatMap(({ debian }) => debian);
    const apt = (...words: string[]) => {
      const [program = 'apt-get', ...before] = [
        ...sudo,
        'env',
        'DEBIAN_FRONTEND=noninteractive',
        'apt-get',
        '-o',
        'DPkg::Lock::Timeout=600',
        '-q',
      ];
      return spawnSync(program, [...before, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    };
    apt('update');
    const { status, stderr } = apt('install', '-y', '--no-install-recommends', ...packages);
    return status === 0 ? 'installed' : `apt-get said: ${stderr.trim().split('\n').at(-1)}`;
  }
  if (findProgram('brew') !== null) {
    const { status, stderr } = spawnSync('brew', ['install', ...missing.flatMap(({ brew }) => brew)], {
      encoding: 'utf8',
    });
    return status === 0 ? 'installed' : `brew said: ${stderr.trim().split('\n').at(-1)}`;
  }
  return 'no package manager that works without a password was found';
}

function waysOut(missing: readonly Needed[], what: string): string {
  const lines = missing.flatMap(({ label, debian, variable }) => [
    `  ${label} is missing. Do one of these:`,
    `    - install it: sudo apt-get install ${debian.join(' ')}`,
    ...(variable === null ? [] : [`    - or give the address of one that runs: ${variable}=…`]),
    '    - or run Campanella as root, or where sudo asks for no password, and it installs it itself',
  ]);
  return [`Something that Campanella needs could not be provided (${what}).`, ...lines].join('\n');
}
