import { parseArgs } from 'node:util';
import { asText, type Figure, judge } from '../src/figures.ts';
import { startReadPlatform } from './platform.ts';
import { countSequentialScans, READS, Reader } from './reads.ts';

const HELP = `npm run bench:reads -- [--json] [--rounds <n>] [--quick]

Measures every read of the parents' API at the services, on throw-away stores with a large town: each of 10,000 guardians asks once per read and
round, 8 at a time. Beside it, in the same rounds: the time of a refusal for somebody else's pupil as a share of that for one that there is not (100 % when
nobody can tell), and how often a large table was read from end to end (never).

  --json    one JSON array of {figure, value, unit, target, met} on standard output and nothing else there
  --rounds  interleaved rounds (default 3)
  --quick   a small town and one short round: shows that it runs, its figures mean little
`;

const FULL = { pupils: 14_000, readers: 10_000, refusals: 3_000 };
const QUICK = { pupils: 1_500, readers: 500, refusals: 300 };
const AT_ONCE = 8;
const LARGE_ROWS = 1_000;
/** Where a guardian's page waits for it. */
const P99_MS_MAX = 50;

const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});

if (flags.help) {
  process.stdout.write(HELP);
} else {
  const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 3));
  if (!Number.isSafeInteger(rounds) || rounds < 1 || rounds > 20) throw new RangeError('--rounds must be 1 to 20');
  const figures = await measure(flags.quick ? QUICK : FULL, rounds);
  process.stdout.write(flags.json ? `${JSON.stringify(figures)}\n` : asText(figures));
}
process.exit(0);

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(scale: typeof FULL, rounds: number): Promise<Figure[]> {
  const platform = await startReadPlatform(scale.pupils, report);
  const reader = new Reader(platform, AT_ONCE);
  try {
    const countScans = await countSequentialScans(platform, LARGE_ROWS);
    const p50 = new Map<string, number[]>();
    const p99 = new Map<string, number[]>();
    const ratios = new Map<string, number[]>();
    for (const read of READS) await reader.readOwn(read, Math.ceil(scale.readers / 10));
    for (let round = 1; round <= rounds; round += 1) {
      for (const read of READS) {
        const times = await reader.readOwn(read, scale.readers);
        if (times.statuses[200] !== scale.readers) throw new Error(`${read.name}: ${JSON.stringify(times.statuses)}`);
        p50.set(read.name, [...(p50.get(read.name) ?? []), times.p50Ms]);
        p99.set(read.name, [...(p99.get(read.name) ?? []), times.p99Ms]);
        if (!read.isOfPupil) continue;
        const { others, absent } = await reader.readRefused(read, scale.refusals);
        if (others.statuses[404] !== scale.refusals * 2)
          throw new Error(`${read.name}: ${JSON.stringify(others.statuses)}`);
        ratios.set(read.name, [...(ratios.get(read.name) ?? []), (100 * others.p50Ms) / absent.p50Ms]);
      }
      report(`round ${round} of ${rounds}`);
    }
    const scanned = await countScans();
    for (const [table, times] of scanned) report(`${table} was read from end to end ${times} times`);
    const scans = [...scanned.values()].reduce((sum, times) => sum + times, 0);
    return [
      ...READS.flatMap(({ name }) => [
        judge(`${name}: p50`, p50.get(name) ?? [], 'ms'),
        judge(`${name}: p99`, p99.get(name) ?? [], 'ms', { atMost: P99_MS_MAX }),
      ]),
      ...READS.filter(({ isOfPupil }) => isOfPupil).map(({ name }) =>
        judge(`${name}: refusal, not yours of not there`, ratios.get(name) ?? [], '%'),
      ),
      judge('large tables read from end to end', [scans], 'times', { atMost: 0 }),
    ];
  } finally {
    await reader.close();
    await platform.close();
  }
}
