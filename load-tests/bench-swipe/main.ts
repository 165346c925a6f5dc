import { parseArgs } from 'node:util';
import { cleanup } from '../src/cleanup.ts';
import { asText, type Figure, judge } from '../src/figures.ts';
import { type Latency, type Meals, measureLatency, measureThroughput } from './load.ts';
import { type Platform, startPlatform } from './platform.ts';
import { openNaive, openStreams, type Terminals } from './terminals.ts';
import { MUNICIPALITIES, mealsOf, servicesOf } from './town.ts';

const HELP = `npm run bench:swipe -- [--json] [--rounds <n>] [--quick] [--cpu-prof <folder>]

Measures the whole path: 200 terminal streams, attendance, ledger, Redis and PostgreSQL, and back, on throw-away stores. Beside
it in the same run, in the same rounds: a naive path (a unary call per swipe, one transaction per debit) on the same PostgreSQL.
Prints medians of the rounds; after each round acknowledgements, presences, transfers and balances are compared.

  --json      one JSON array of {figure, value, unit, target, met} on standard output and nothing else there
  --rounds    interleaved rounds (default 5)
  --quick     one short round: shows that it runs, its figures mean little
  --cpu-prof  writes a CPU profile of each process into the folder
`;

interface Scale {
  readonly pupilsPerMunicipality: number;
  readonly warmUp: number;
  readonly single: number;
  readonly batching: number;
  readonly naive: number;
  readonly seconds: number;
}

const FULL: Scale = {
  pupilsPerMunicipality: 3_000,
  warmUp: 6_000,
  single: 30_000,
  batching: 45_000,
  naive: 4_000,
  seconds: 4,
};
const QUICK: Scale = {
  pupilsPerMunicipality: 1_000,
  warmUp: 2_000,
  single: 6_000,
  batching: 9_000,
  naive: 1_000,
  seconds: 1,
};
/** The naive path at this rate still keeps up somewhat; at more it only queues. */
const NAIVE_PER_SECOND = 1_000;

interface Round {
  readonly single: number;
  readonly batching: number;
  readonly at1000: Latency;
  readonly at5000: Latency;
  readonly naive: number;
  readonly naiveAt1000: Latency;
  readonly acknowledged: number;
  readonly naiveAcknowledged: number;
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
  const scale = flags.quick ? QUICK : FULL;
  const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 5));
  if (!Number.isSafeInteger(rounds) || rounds < 1 || rounds > 20) throw new RangeError('--rounds must be 1 to 20');
  const figures = await measure(scale, rounds, flags['cpu-prof'] ?? null);
  process.stdout.write(flags.json ? `${JSON.stringify(figures)}\n` : asText(figures));
}
process.exit(0);

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(scale: Scale, rounds: number, profileFolder: string | null): Promise<Figure[]> {
  const { pupilsPerMunicipality } = scale;
  const started = cleanup();
  let fail: (cause: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => fail(new Error(`ended by ${signal}`)));
  const measured: Round[] = [];
  const starting = startPlatform({ pupilsPerMunicipality, profileFolder, report, cleanup: started });
  const run = async (): Promise<void> => {
    const platform = await starting;
    for (let round = 0; round < rounds; round += 1) {
      const result = await measureRound(platform, scale, round, fail);
      measured.push(result);
      const sum = (key: 'acknowledged' | 'naiveAcknowledged') => measured.reduce((total, one) => total + one[key], 0);
      await platform.compareBooks(sum('acknowledged'), sum('naiveAcknowledged'));
      reportRound(result, round + 1, rounds);
    }
  };
  try {
    await Promise.race([run(), failed]);
    return toFigures(measured);
  } finally {
    // What is still starting can only be ended once it has started.
    await starting.catch(() => {});
    await started.run();
  }
}

function reportRound({ single, batching, naive, at1000, at5000 }: Round, round: number, rounds: number): void {
  const rates = [single, batching, naive].map(Math.round).join(' / ');
  const tails = `p99 ${at1000.p99Ms.toFixed(1)} ms at 1,000/s, ${at5000.p99Ms.toFixed(1)} ms at 5,000/s`;
  report(`round ${round} of ${rounds}: ${rates} swipes/s (single / batching / naive), ${tails}; the books agree`);
}

async function measureRound(
  platform: Platform,
  scale: Scale,
  round: number,
  fail: (cause: Error) => void,
): Promise<Round> {
  const perRound = scale.warmUp + scale.single + scale.batching + 6_000 * scale.seconds;
  // Terminals do not keep step to the swipe, so each municipality gets some meals to spare.
  const services = servicesOf(
    round,
    Math.ceil((perRound * 1.5) / (scale.pupilsPerMunicipality * MUNICIPALITIES.length)) + 1,
  );
  const version = await platform.beginRound(services);
  const streams = await openStreams(platform.attendanceAddress, platform.terminalKey, version, fail);
  const meals = mealsOf(services, scale.pupilsPerMunicipality);
  const naive = openNaive(platform.naiveAddress, fail);
  const naiveMeals = mealsOf(services, scale.pupilsPerMunicipality);
  const single = { perMessage: 1, window: 16 };
  await measureThroughput(streams, meals, { ...single, count: scale.warmUp });
  await measureThroughput(naive, naiveMeals, { perMessage: 1, window: 1, count: scale.naive / 4 });
  // Every other round in the opposite order: neither side always finds the stores fresher.
  const ours = () => measureOurs(streams, meals, scale, single);
  const theirs = () => measureNaive(naive, naiveMeals, scale);
  const first = round % 2 === 0 ? await ours() : null;
  const comparison = await theirs();
  const result = first ?? (await ours());
  streams.close();
  naive.close();
  return {
    ...result,
    ...comparison,
    acknowledged: perRound,
    naiveAcknowledged: scale.naive / 4 + scale.naive + NAIVE_PER_SECOND * scale.seconds,
  };
}

async function measureOurs(
  streams: Terminals,
  meals: Meals,
  scale: Scale,
  single: { perMessage: number; window: number },
) {
  return {
    at1000: await measureLatency(streams, meals, { perSecond: 1_000, seconds: scale.seconds }),
    at5000: await measureLatency(streams, meals, { perSecond: 5_000, seconds: scale.seconds }),
    single: await measureThroughput(streams, meals, { ...single, count: scale.single }),
    batching: await measureThroughput(streams, meals, { perMessage: 20, window: 40, count: scale.batching }),
  };
}

async function measureNaive(naive: Terminals, meals: Meals, scale: Scale) {
  return {
    naive: await measureThroughput(naive, meals, { perMessage: 1, window: 1, count: scale.naive }),
    naiveAt1000: await measureLatency(naive, meals, { perSecond: NAIVE_PER_SECOND, seconds: scale.seconds }),
  };
}

function toFigures(rounds: readonly Round[]): Figure[] {
  const each = (take: (round: Round) => number) => rounds.map(take);
  return [
    judge(
      'whole path, one message per swipe',
      each((one) => one.single),
      'swipes/s',
      { atLeast: 8_000 },
    ),
    judge(
      'whole path, terminals batching',
      each((one) => one.batching),
      'swipes/s',
      { atLeast: 15_000 },
    ),
    judge(
      'whole path p50 at 1,000/s offered',
      each((one) => one.at1000.p50Ms),
      'ms',
    ),
    judge(
      'whole path p99 at 1,000/s offered',
      each((one) => one.at1000.p99Ms),
      'ms',
      { atMost: 50 },
    ),
    judge(
      'whole path p50 at 5,000/s offered',
      each((one) => one.at5000.p50Ms),
      'ms',
    ),
    judge(
      'whole path p99 at 5,000/s offered',
      each((one) => one.at5000.p99Ms),
      'ms',
    ),
    judge(
      'answered at 5,000/s offered',
      each((one) => one.at5000.answeredPerSecond),
      'swipes/s',
    ),
    judge(
      'naive path: unary calls, a transaction per debit',
      each((one) => one.naive),
      'swipes/s',
    ),
    judge(
      'naive path p50 at 1,000/s offered',
      each((one) => one.naiveAt1000.p50Ms),
      'ms',
    ),
    judge(
      'naive path p99 at 1,000/s offered',
      each((one) => one.naiveAt1000.p99Ms),
      'ms',
    ),
    judge(
      'one message per swipe against naive',
      each((one) => one.single / one.naive),
      'times',
    ),
    judge(
      'terminals batching against naive',
      each((one) => one.batching / one.naive),
      'times',
    ),
  ];
}
