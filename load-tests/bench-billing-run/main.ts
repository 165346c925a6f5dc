import { parseArgs } from 'node:util';
import { asText, type Figure, judge } from '../src/figures.ts';
import { startBillingPlatform } from './platform.ts';

const HELP = `npm run bench:billing-run -- [--json] [--pupils <n>] [--quick]

Measures a billing run of a whole month on throw-away stores: each pupil ate on 20 days. Attendance, anagrafica, billing and PostgreSQL share this
machine. Beside it, in the same run: documents issued one by one, each in a transaction of its own.

  --json    one JSON array of {figure, value, unit, target, met} and nothing else on standard output
  --pupils  how many (default 100,000)
  --quick   2,000 pupils: shows that it runs, its figures mean little
`;

const MEALS_PER_PUPIL = 20;
const ONE_BY_ONE = 1_000;
/** More pupils may not need more memory: the whole month does not fit in it. */
const PEAK_MB_MAX = 400;

const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    pupils: { type: 'string' },
  },
});

if (flags.help) {
  process.stdout.write(HELP);
} else {
  const pupils = Number(flags.pupils ?? (flags.quick ? 2_000 : 100_000));
  if (!Number.isSafeInteger(pupils) || pupils < 1_000 || pupils > 100_000) {
    throw new RangeError('--pupils must be 1,000 to 100,000');
  }
  const figures = await measure(pupils);
  process.stdout.write(flags.json ? `${JSON.stringify(figures)}\n` : asText(figures));
}
process.exit(0);

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(pupils: number): Promise<Figure[]> {
  const platform = await startBillingPlatform(pupils, MEALS_PER_PUPIL, report);
  try {
    const atRest = await platform.residentMb();
    report('documents one by one …');
    const oneByOne = await platform.issueOneByOne(ONE_BY_ONE);
    report('the run …');
    const run = await platform.bill(report);
    if (run.documents !== pupils) throw new Error(`${run.documents} documents for ${pupils} pupils`);
    return [
      judge('preview', [run.previewPerSecond], 'pupils/s'),
      judge('issue', [run.issuePerSecond], 'pupils/s'),
      judge('one transaction for each document', [oneByOne], 'pupils/s'),
      judge('issue beside one by one', [run.issuePerSecond / oneByOne], 'times'),
      judge('resident memory of billing before', [atRest], 'MB'),
      judge('most resident memory of billing', [run.peakMb], 'MB', { atMost: PEAK_MB_MAX }),
    ];
  } finally {
    await platform.close();
  }
}
