import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ClearError } from './clear-error.ts';
import { DEFAULT_FOLDER } from './places.ts';
import { endLeftOvers } from './platform.ts';
import { isRunning, launcherOf, readProcesses, removeRecords } from './run-record.ts';

const HELP = `Stops what npm start started, and nothing else. The data stay.

  npm stop [-- --folder F]`;

const STOP_WITHIN_MS = 120_000;

export async function stop(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: { folder: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const folder = values.folder === undefined ? DEFAULT_FOLDER : resolve(values.folder);
  const launcher = launcherOf(folder);
  const processes = readProcesses(folder);
  if (launcher !== null) {
    process.kill(launcher.pid, 'SIGTERM');
    const deadline = Date.now() + STOP_WITHIN_MS;
    while (isRunning(launcher)) {
      if (Date.now() > deadline)
        throw new ClearError(
          `The launcher (process ${launcher.pid}) has not stopped within ${STOP_WITHIN_MS / 1000} s.`,
        );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const left = await endLeftOvers(processes);
  removeRecords(folder);
  console.log(launcher === null && left === 0 ? 'Nothing runs here.' : 'Campanella is stopped; its data are kept.');
  return 0;
}
