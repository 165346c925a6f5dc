import { spawnSync } from 'node:child_process';
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

const SERVICE_COMMANDS = {
  import: { service: 'anagrafica', entry: 'services/anagrafica/src/import.ts' },
  office: { service: 'anagrafica', entry: 'services/anagrafica/src/office.ts' },
  billing: { service: 'billing', entry: 'services/billing/src/command.ts' },
  operators: { service: 'identity', entry: 'services/identity/src/operators.ts' },
  companies: { service: 'identity', entry: 'services/identity/src/companies.ts' },
} as const satisfies Readonly<Record<string, ServiceCommand>>;

/** The commands of services, each by its name. */
export const serviceCommands: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> =
  Object.fromEntries(
    Object.entries(SERVICE_COMMANDS).map(([name, command]) => [name, async (words) => run(command, words)]),
  );

/**
 * Runs a service's command. Its environment is the caller's where that has a database, else that of the platform that runs on this machine
 * (`--folder F`, as for npm start).
 */
function run(command: ServiceCommand, words: readonly string[]): number {
  const at = words.indexOf('--folder');
  const folder = at === -1 ? DEFAULT_FOLDER : resolve(words[at + 1] ?? '');
  const own = at === -1 ? words : words.toSpliced(at, 2);
  const isHelp = own.length === 0 || own.some((word) => word === '--help' || word === '-h' || word === '--format');
  const { env } = process;
  const local = 'DATABASE_URL' in env || isHelp ? {} : environmentOf(command.service, folder);
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
