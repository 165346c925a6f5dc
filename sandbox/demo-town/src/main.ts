import { rename, writeFile } from 'node:fs/promises';
import { HELP, readCommand } from './config.ts';
import { loadTowns, writeTowns } from './generate.ts';
import { openPlatform } from './platform.ts';
import { putCreditor } from './put-creditor.ts';
import { seed } from './seed.ts';

const started = performance.now();
const seconds = (): string => ((performance.now() - started) / 1_000).toFixed(1);
const report = (line: string): void => console.log(`demo-town ${seconds()} s: ${line}`);

try {
  const command = readCommand(process.argv.slice(2), process.env, new Date());
  if (command.kind === 'help') {
    console.log(HELP);
  } else if (command.kind === 'seed') {
    const platform = openPlatform(command.addresses);
    try {
      const summary = await seed(platform, command, report);
      if (command.summary !== null) {
        // Written aside and renamed: whoever waits for the file never reads half of it.
        await writeFile(`${command.summary}.part`, `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o600 });
        await rename(`${command.summary}.part`, command.summary);
      }
      report('done');
    } finally {
      platform.close();
    }
  } else if (command.kind === 'creditor') {
    await putCreditor(command.billing, command.creditor, command.today);
    report('Vallefinta is a creditor at pagoPA');
  } else {
    let reported = 0;
    const progress = (pupils: number): void => {
      if (pupils - reported < 10_000 && pupils < command.pupils) return;
      reported = pupils;
      report(
        `${pupils} of ${command.pupils} pupils, ${Math.round(process.memoryUsage().rss / 1_048_576)} MB of memory`,
      );
    };
    if (command.out !== null) await writeTowns(command, command.out, progress);
    if (command.loadInto !== null) {
      const platform = openPlatform(command.loadInto);
      try {
        await loadTowns(command, platform, progress);
      } finally {
        platform.close();
      }
    }
  }
} catch (error) {
  console.error(`demo-town: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
