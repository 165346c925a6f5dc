import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ClearError } from './clear-error.ts';
import { DEFAULT_FOLDER, ROOT } from './places.ts';
import { type DemoTerminal, isRunning, type RunRecord, readRunRecord } from './run-record.ts';

const HELP = `Holds a badge to the virtual reader of the running platform: the reader's bytes go through a serial port.

  npm run swipe -- --badge <number> [options]

  --badge N    as printed by npm start, e.g. 0100CDA4EC
  --school S   the canteen, by a part of its name (that of the badge's pupil, or the first)
  --format F   the reader's frames (see sandbox/badge-reader)
  --hold MS    the card stays on the reader so long
  --folder F   the platform's folder (.campanella)`;

const SHOWN_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 30;

export async function swipe(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      badge: { type: 'string' },
      school: { type: 'string' },
      format: { type: 'string' },
      hold: { type: 'string' },
      folder: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  if (values.badge === undefined)
    throw new ClearError('--badge is missing: give a badge number, e.g. --badge 0100CDA4EC');
  const record = readRunRecord(values.folder === undefined ? DEFAULT_FOLDER : resolve(values.folder));
  if (record === null || !isRunning(record.supervisor))
    throw new ClearError('Nothing runs here: start the platform with npm start.');
  const terminal = chooseTerminal(record, values.badge, values.school);
  const before = await screenOf(terminal);
  const options = [
    ...(values.format === undefined ? [] : ['--format', values.format]),
    ...(values.hold === undefined ? [] : ['--hold', values.hold]),
  ];
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--no-warnings',
      join(ROOT, 'sandbox/badge-reader/src/main.ts'),
      'swipe',
      '--control',
      terminal.readerControl,
      '--badge',
      values.badge,
      ...options,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new ClearError(stderr.trim());
  const deadline = Date.now() + SHOWN_WITHIN_MS;
  for (;;) {
    const { lastSwipe } = await screenOf(terminal);
    if (lastSwipe !== null && lastSwipe.swipeId !== before.lastSwipe?.swipeId) {
      console.log(
        `${terminal.schoolName}: ${lastSwipe.colour}, ${lastSwipe.verdict}: ${lastSwipe.displayName ?? 'nobody known'} ${lastSwipe.className ?? ''}`.trimEnd(),
      );
      return 0;
    }
    if (Date.now() > deadline)
      throw new ClearError(
        `The canteen's screen showed nothing: see ${terminal.screenUrl} (the same card again within half a second is one tap).`,
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function chooseTerminal(record: RunRecord, badge: string, school: string | undefined): DemoTerminal {
  const byName = record.terminals.find(
    ({ schoolName }) => school !== undefined && schoolName.toLowerCase().includes(school.toLowerCase()),
  );
  if (school !== undefined && byName === undefined) {
    throw new ClearError(
      `No canteen is called ${school}; there are: ${record.terminals.map(({ schoolName }) => schoolName).join(', ')}`,
    );
  }
  const holders = [...record.guardians.flatMap(({ pupils }) => pupils), ...Object.values(record.badges)];
  const schoolId = holders.find(({ badgeNumber }) => badgeNumber === badge.toUpperCase())?.schoolId;
  const terminal = byName ?? record.terminals.find((one) => one.schoolId === schoolId) ?? record.terminals[0];
  if (terminal === undefined) throw new ClearError('The running platform has no canteen.');
  return terminal;
}

interface Screen {
  readonly lastSwipe: {
    readonly swipeId: string;
    readonly colour: string;
    readonly verdict: string;
    readonly displayName: string | null;
    readonly className: string | null;
  } | null;
}

async function screenOf({ screenUrl }: DemoTerminal): Promise<Screen> {
  const response = await fetch(`${screenUrl}/api/state`, { signal: AbortSignal.timeout(2_000) });
  return response.json() as Promise<Screen>;
}
