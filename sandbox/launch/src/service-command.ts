import { execFileSync, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ClearError } from './clear-error.ts';
import { DEFAULT_FOLDER, documentFolder, ROOT } from './places.ts';
import { isRunning, readRunRecord } from './run-record.ts';
import { keepSecrets } from './secrets.ts';

/** A service's own command line, which works on the service's database. */
interface ServiceCommand {
  readonly service: string;
  readonly entry: string;
}

/** The imports of one folder, in the order in which they store: the later ones name what the earlier ones bring. */
const IMPORTS = [
  { service: 'anagrafica', entry: 'services/anagrafica/src/import.ts' },
  { service: 'attendance', entry: 'services/attendance/src/import.ts' },
] as const satisfies readonly ServiceCommand[];

/** The office's work on people, and under the word `calendar` on calendars, menus and rules. */
const OFFICE = { service: 'anagrafica', entry: 'services/anagrafica/src/office.ts' } as const;
const OFFICE_CALENDAR = { service: 'attendance', entry: 'services/attendance/src/office.ts' } as const;

const SERVICE_COMMANDS = {
  billing: { service: 'billing', entry: 'services/billing/src/command.ts' },
  operators: { service: 'identity', entry: 'services/identity/src/operators.ts' },
  companies: { service: 'identity', entry: 'services/identity/src/companies.ts' },
} as const satisfies Readonly<Record<string, ServiceCommand>>;

/** The commands of services, each by its name. */
export const serviceCommands: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> = {
  ...Object.fromEntries(
    Object.entries(SERVICE_COMMANDS).map(([name, command]) => [
      name,
      async (words: readonly string[]) => run(command, words),
    ]),
  ),
  office: async ([first, ...rest]) =>
    first === 'calendar' ? run(OFFICE_CALENDAR, rest) : run(OFFICE, first === undefined ? [] : [first, ...rest]),
  import: async (words) => runImports(words),
};

/**
 * Imports one folder into every service that has files in it: all are checked first, and nothing is stored in any of them before every check
 * has found nothing.
 */
function runImports(words: readonly string[]): number {
  const has = (...names: readonly string[]) => words.some((word) => names.includes(word));
  if (words.length === 0 || has('--help', '-h')) return run(IMPORTS[0], ['--help']);
  if (has('--format')) {
    const formats = IMPORTS.map((command) => outputOf(command, '--format'));
    console.log(formats.join('\n\n'));
    return 0;
  }
  const names = IMPORTS.map((command) => outputOf(command, '--file-names').split('\n'));
  const wordsOf = (at: number, ...more: readonly string[]) => {
    const others = names.flatMap((own, index) => (index === at ? [] : own));
    return [...words, ...others.flatMap((name) => ['--other-file', name]), ...more];
  };
  const isDryRun = has('--dry-run');
  const checks = IMPORTS.map((command, at) =>
    run(command, wordsOf(at, ...(isDryRun ? [] : ['--check']), ...(at === 0 ? [] : ['--append-report']))),
  );
  const failed = Math.max(...checks);
  if (isDryRun || failed > 0) return failed;
  for (const [at, command] of IMPORTS.entries()) {
    const status = run(command, wordsOf(at));
    // What an earlier service has stored stays: the same folder again changes nothing there.
    if (status !== 0) return status;
  }
  return 0;
}

function outputOf(command: ServiceCommand, word: string): string {
  return execFileSync(process.execPath, ['--no-warnings', join(ROOT, command.entry), word], {
    encoding: 'utf8',
  }).trim();
}

/**
 * Runs a service's command. Its environment is the caller's where that has a database (`DATABASE_URL`, or `ATTENDANCE_DATABASE_URL` for what
 * is attendance's alone), else that of the platform that runs on this machine (`--folder F`, as for npm start).
 */
function run(command: ServiceCommand, words: readonly string[]): number {
  const at = words.indexOf('--folder');
  const folder = at === -1 ? DEFAULT_FOLDER : resolve(words[at + 1] ?? '');
  const own = at === -1 ? words : words.toSpliced(at, 2);
  const isHelp = own.length === 0 || own.some((word) => word === '--help' || word === '-h' || word === '--format');
  const { env } = process;
  const ownUrl = env[`${command.service.toUpperCase()}_DATABASE_URL`];
  const given = ownUrl === undefined ? {} : { DATABASE_URL: ownUrl };
  const local =
    'DATABASE_URL' in env || ownUrl !== undefined || isHelp ? given : environmentOf(command.service, folder);
  const { status } = spawnSync(process.execPath, ['--no-warnings', join(ROOT, command.entry), ...own], {
    stdio: 'inherit',
    env: { ...env, ...local },
  });
  return status ?? 1;
}

function environmentOf(service: string, folder: string): Readonly<Record<string, string>> {
  const record = readRunRecord(folder);
  const databaseUrl = record?.stores.databaseUrls[service];
  if (record === null || databaseUrl === undefined || !isRunning(record.supervisor)) {
    throw new ClearError('Nothing runs here: start the platform with npm start, or set DATABASE_URL and the keys.');
  }
  const { fieldKey, personHashKey } = keepSecrets(folder);
  const documents = pathToFileURL(documentFolder(folder)).href;
  return {
    ...{ DATABASE_URL: databaseUrl, FIELD_KEY: fieldKey, PERSON_HASH_KEY: personHashKey },
    DOCUMENT_STORE_URL: documents,
  };
}
