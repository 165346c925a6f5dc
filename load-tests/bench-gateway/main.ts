import { parseArgs } from 'node:util';
import { ensureForGatewayBench } from '@campanella/sandbox-launch/programs';
import { Progress } from '@campanella/sandbox-launch/progress';
import { cleanup } from '../src/cleanup.ts';
import { asText, type Figure, judge } from '../src/figures.ts';
import { splitCores } from '../src/processes.ts';
import { type Competitors, startCompetitors } from './competitors.ts';
import { type Load, measureAtRate, measureThroughput, type Target } from './load.ts';

const HELP = `npm run bench:gateway -- [--json] [--rounds <n>] [--quick] [--cpu-prof <folder>]

Measures the gateway with everything on (session and limits in a real Redis, identity token, guards, breaker, access log, metrics)
as it passes reads of 2 kB to a service, beside a bare Express with http-proxy-middleware and beside nginx, each in turn in
every round before the same service; then the portal's files beside nginx. The measured program has one core, the load and the
service the other. Prints medians of the rounds.

  --json      one JSON array of {figure, value, unit, target, met} on standard output and nothing else there
  --rounds    interleaved rounds (default 5)
  --quick     one short round: shows that it runs, its figures mean little
  --cpu-prof  writes a CPU profile of the gateway and of the bare proxy into the folder
`;

const FULL: Load = { connections: 32, seconds: 4, perSecond: 500 };
const QUICK: Load = { connections: 32, seconds: 1, perSecond: 500 };
/** Of the bare proxy's throughput, with everything on. */
const SHARE_AIM = 0.6;

interface Round {
  readonly throughput: Readonly<Record<keyof Competitors, number>>;
  readonly p50Ms: Readonly<Record<keyof Competitors, number>>;
  readonly p99Ms: Readonly<Record<keyof Competitors, number>>;
}

const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});

if (flags.help) {
  process.stdout.write(HELP);
} else {
  const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 5));
  if (!Number.isSafeInteger(rounds) || rounds < 1 || rounds > 20) throw new RangeError('--rounds must be 1 to 20');
  const figures = await measure(flags.quick ? QUICK : FULL, rounds, flags['cpu-prof'] ?? null);
  process.stdout.write(flags.json ? `${JSON.stringify(figures)}\n` : asText(figures));
}
process.exit(0);

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(load: Load, rounds: number, profileFolder: string | null): Promise<Figure[]> {
  await ensureForGatewayBench(new Progress(report));
  const started = cleanup();
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => {});
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.reject(new Error(`ended by ${signal}`)));
  const core = splitCores();
  if (core === null) report('no second core, or no taskset: the load takes from what it measures');
  const starting = startCompetitors({ core, profileFolder, cleanup: started });
  const run = async (): Promise<Figure[]> => {
    const competitors = await starting;
    const measured: Round[] = [];
    for (const name of names(competitors)) await measureThroughput(competitors[name], { ...load, seconds: 1 });
    for (let round = 0; round < rounds; round += 1) {
      const result = await measureRound(competitors, load, round);
      measured.push(result);
      const rates = names(competitors).map((name) => `${name} ${Math.round(result.throughput[name])}`);
      report(`round ${round + 1} of ${rounds}: ${rates.join(', ')} requests/s`);
    }
    return toFigures(measured);
  };
  try {
    return await Promise.race([run(), interrupted.promise]);
  } finally {
    // What is still starting can only be ended once it has started.
    await starting.catch(() => {});
    await started.run();
  }
}

function names(competitors: Competitors): (keyof Competitors)[] {
  return Object.keys(competitors) as (keyof Competitors)[];
}

/** Every other round in the opposite order: nobody always finds the machine fresher. */
async function measureRound(competitors: Competitors, load: Load, round: number): Promise<Round> {
  const order = round % 2 === 0 ? names(competitors) : names(competitors).reverse();
  const each = async <Value>(take: (target: Target) => Promise<Value>) => {
    const taken: [keyof Competitors, Value][] = [];
    for (const name of order) taken.push([name, await take(competitors[name])]);
    return Object.fromEntries(taken) as Record<keyof Competitors, Value>;
  };
  const throughput = await each((target) => measureThroughput(target, load));
  const latency = await each((target) => measureAtRate(target, load));
  const of = (take: 'p50Ms' | 'p99Ms') =>
    Object.fromEntries(order.map((name) => [name, latency[name][take]])) as Record<keyof Competitors, number>;
  return { throughput, p50Ms: of('p50Ms'), p99Ms: of('p99Ms') };
}

function toFigures(rounds: readonly Round[]): Figure[] {
  const each = (take: (round: Round) => number) => rounds.map(take);
  const share = (of: keyof Competitors, by: keyof Competitors) =>
    each(({ throughput }) => (throughput[of] * 100) / throughput[by]);
  const rate = (name: keyof Competitors) => each(({ throughput }) => throughput[name]);
  const p50 = (name: keyof Competitors) => each(({ p50Ms }) => p50Ms[name]);
  const p99 = (name: keyof Competitors) => each(({ p99Ms }) => p99Ms[name]);
  return [
    judge('reads through the gateway, everything on', rate('gateway'), 'req/s'),
    judge('reads through a bare http-proxy-middleware', rate('bare'), 'req/s'),
    judge('reads through nginx (what the load can ask, at least)', rate('nginx'), 'req/s'),
    judge('gateway / bare proxy', share('gateway', 'bare'), '%', { atLeast: SHARE_AIM * 100 }),
    judge('gateway / nginx', share('gateway', 'nginx'), '%'),
    judge('p50 at 500/s, gateway', p50('gateway'), 'ms'),
    judge('p99 at 500/s, gateway', p99('gateway'), 'ms'),
    judge('p50 at 500/s, bare proxy', p50('bare'), 'ms'),
    judge('p99 at 500/s, bare proxy', p99('bare'), 'ms'),
    judge('p50 at 500/s, nginx', p50('nginx'), 'ms'),
    judge('p99 at 500/s, nginx', p99('nginx'), 'ms'),
    judge("the portal's script from the gateway", rate('gatewayFile'), 'req/s'),
    judge("the portal's script from nginx", rate('nginxFile'), 'req/s'),
    judge('p99 at 500/s, script from the gateway', p99('gatewayFile'), 'ms'),
    judge('p99 at 500/s, script from nginx', p99('nginxFile'), 'ms'),
  ];
}
