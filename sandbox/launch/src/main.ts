import { explain } from './clear-error.ts';
import { serviceCommands } from './service-command.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { swipe } from './swipe.ts';
import { runTests } from './test.ts';

const HELP = `Campanella on this machine.

  npm start   [-- --detach] [--fresh] [--port N] [--folder F]   everything up; Ctrl-C stops it
  npm stop    [-- --folder F]                                   stops what npm start started, and nothing else
  npm run swipe -- --badge <number>                             a badge on the virtual reader
  npm run import, office, billing, operators, companies         the office's and the administrator's commands
  npm test    [-- --only checks|unit|integration|e2e]           all checks and tests

Each has --help.`;

const COMMANDS: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> = {
  start,
  stop,
  swipe,
  test: runTests,
  ...serviceCommands,
};

const [name = '', ...words] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  console.log(HELP);
  process.exit(name === '' || name === '--help' ? 0 : 2);
}
try {
  process.exit(await command(words));
} catch (cause) {
  console.error(`\n${explain(cause)}`);
  process.exit(1);
}
