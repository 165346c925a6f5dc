import { parseArgs } from 'node:util';
import { asText, type Figure, judge } from '../src/figures.ts';
import type { Operation } from '../src/operations.ts';
import { startReadPlatform } from './platform.ts';
import { countSequentialScans, guessesOf, isDrawn, PARENTS, READS, Reader } from './reads.ts';

const HELP = `npm run bench:reads -- [--json] [--rounds <n>] [--quick]

Measures every read and download of the parents' API, as the services' descriptions have them, at the services, on throw-away stores with a large
town: each of 10,000 guardians asks once per read and round, 8 at a time; of PDF files, which are drawn when they are asked for, 500 do. Beside it,
in the same rounds and turn by turn, for every operation that takes an id: the time of a refusal for what is somebody else's as a share of that for
what there is not (100 % when nobody can tell). And how often a large table was read from end to end (never).

  --json    one JSON array of {figure, value, unit, target, met} on standard output and nothing else there
  --rounds  interleaved rounds (default 3)
  --quick   a small town and one short round: shows that it runs, its figures mean little
`;

const FULL = { pupils: 14_000, readers: 10_000, drawn: 500, refusals: 1_000 };
const QUICK = { pupils: 500, readers: 200, drawn: 20, refusals: 100 };
const AT_ONCE = 8;
const LARGE_ROWS = 1_000;
/** Where a guardian's page waits for it. */
const P99_MS_MAX = 50;
/** Where somebody waits for a file to be drawn, eight others before it. */
const DRAWN_P99_MS_MAX = 1_000;
/** Every id of every operation that a guardian can guess at. */
const GUESSES = PARENTS.flatMap((operation) => guessesOf(operation).map((name) => ({ operation, name })));

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
  const measured = new Map<string, number[]>();
  const keep = (figure: string, value: number) => measured.set(figure, [...(measured.get(figure) ?? []), value]);
  try {
    report(`${platform.families.length} guardians`);
    const countScans = await countSequentialScans(platform, LARGE_ROWS);
    for (const read of READS) await reader.askOwn(read, Math.ceil(countOf(read, scale) / 10));
    for (let round = 1; round <= rounds; round += 1) {
      for (const read of READS) {
        const count = countOf(read, scale);
        const { p50Ms, p99Ms, statuses } = await reader.askOwn(read, count);
        if (statuses[200] !== count) throw new Error(`${read.key}: ${JSON.stringify(statuses)}`);
        keep(p50Of(read), p50Ms);
        keep(p99Of(read), p99Ms);
      }
      for (const { operation, name } of GUESSES) {
        const { others, absent } = await reader.askRefused(operation, name, scale.refusals);
        if (Object.keys(others.statuses).length !== 1)
          throw new Error(`${operation.key}: ${JSON.stringify(others.statuses)}`);
        keep(refusalOf(operation, name), (100 * others.p50Ms) / absent.p50Ms);
      }
      report(`round ${round} of ${rounds}`);
    }
    const scanned = await countScans();
    for (const [table, times] of scanned) report(`${table} was read from end to end ${times} times`);
    const scans = [...scanned.values()].reduce((sum, times) => sum + times, 0);
    return [
      ...READS.flatMap((read) => [
        judge(p50Of(read), measured.get(p50Of(read)) ?? [], 'ms'),
        judge(p99Of(read), measured.get(p99Of(read)) ?? [], 'ms', {
          atMost: isDrawn(read) ? DRAWN_P99_MS_MAX : P99_MS_MAX,
        }),
      ]),
      ...GUESSES.map(({ operation, name }) => {
        const figure = refusalOf(operation, name);
        return judge(figure, measured.get(figure) ?? [], '%');
      }),
      judge('large tables read from end to end', [scans], 'times', { atMost: 0 }),
    ];
  } finally {
    await reader.close();
    await platform.close();
  }
}

function p50Of({ key }: Operation): string {
  return `${key}: p50`;
}

function p99Of({ key }: Operation): string {
  return `${key}: p99`;
}

function refusalOf({ key }: Operation, name: string): string {
  return `${key}: refusal, not yours of not there, by ${name}`;
}

function countOf(read: Operation, scale: typeof FULL): number {
  return isDrawn(read) ? scale.drawn : scale.readers;
}
