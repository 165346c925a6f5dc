import { parseArgs } from 'node:util';
import { atLeast, atMost, type Figure, median, shown, toTable } from './figures.ts';
import { makeDatabases, type Round, runRound } from './rounds.ts';
import { measureReplicas } from './silences.ts';
import { startStores } from './town.ts';

const HELP = `Measures the ledger's hot path against simpler designs, on throw-away stores of this machine.

  npm run bench:ledger -- [--rounds N] [--quick] [--json] [--only rounds|silences]

  --rounds N   interleaved rounds; figures are their medians (default 5)
  --quick      one round of one second: shows that it runs, measures nothing
  --json       one JSON array { figure, value, unit, target, met } on standard output, and nothing else there
  --only       rounds: debits a second and latency; silences: faults and two replicas
  --help       this text

Progress goes to standard error. Exit status 1 when books are wrong; a missed target is only shown.
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const rounds = options.quick ? 1 : Number(options.rounds);
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new RangeError('--rounds must be a whole number above 0');
  report('starting PostgreSQL, Redis and RabbitMQ');
  const stores = await startStores();
  try {
    const figures: Figure[] = [];
    if (options.only !== 'silences') {
      report('making three databases of 100,000 accounts');
      const databases = await makeDatabases(stores);
      const acknowledged = new Map<string, number>();
      const done: Round[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const figures = await runRound(databases, stores, acknowledged, options.quick ? 1_000 : 3_000);
        report(
          `round ${round} of ${rounds}: ${[...figures].map(([name, value]) => `${name} ${Math.round(value)}`).join(', ')}`,
        );
        done.push(figures);
      }
      figures.push(...throughput(done));
    }
    if (options.only !== 'rounds') {
      report('two replicas as processes');
      figures.push(...(await measureReplicas(stores, rounds, options.quick ? 1_000 : 3_000, report)));
    }
    process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${toTable(figures)}\n`);
  } catch (cause) {
    // Said before the stores go, since their going makes errors of its own.
    report(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
    process.exitCode = 1;
  } finally {
    await stores.close();
  }
}

function throughput(rounds: readonly Round[]): Figure[] {
  const of = (name: string) => median(rounds.map((round) => round.get(name) ?? Number.NaN));
  // Ratios are taken within a round, since the machine's mood is the same there.
  const ratio = (one: string, other: string) =>
    median(rounds.map((round) => (round.get(one) ?? Number.NaN) / (round.get(other) ?? Number.NaN)));
  return [
    shown('naive, uniform accounts', of('naive uniform'), 'debits/s'),
    shown('ours, uniform accounts', of('ours uniform'), 'debits/s'),
    atLeast('ours against naive, uniform accounts', ratio('ours uniform', 'naive uniform'), 'x', 10),
    shown('naive, hot revenue account', of('naive hot'), 'debits/s'),
    shown('ours, hot revenue account', of('ours hot'), 'debits/s'),
    atLeast('ours against naive, hot revenue account', ratio('ours hot', 'naive hot'), 'x', 15),
    shown('naive, hot, 3 ms added to each flush', of('naive slow'), 'debits/s'),
    shown('ours, hot, 3 ms added to each flush', of('ours slow'), 'debits/s'),
    atLeast('ours against naive, hot, 3 ms added to each flush', ratio('ours slow', 'naive slow'), 'x', 45),
    shown('bare ledger_commit, batches of 100', of('bare'), 'debits/s'),
    atLeast('ours against bare ledger_commit', ratio('ours uniform', 'bare') * 100, '%', 60),
    atLeast('hot revenue account against uniform', ratio('ours hot', 'ours uniform') * 100, '%', 75),
    atMost('p50 at 1,000/s offered', of('p50 at 1000'), 'ms', 3),
    atMost('p99 at 1,000/s offered', of('p99 at 1000'), 'ms', 10),
    shown('p50 at 5,000/s offered', of('p50 at 5000'), 'ms'),
    atMost('p99 at 5,000/s offered', of('p99 at 5000'), 'ms', 25),
    atMost('100,000 cold accounts in bulk', of('cold accounts'), 'ms', 1_000),
  ];
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
