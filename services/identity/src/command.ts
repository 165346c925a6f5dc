import { parseArgs } from 'node:util';
import { openFieldCipher } from '@campanella/field-encryption';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger, readConfig } from '@campanella/service-kit';
import { CommandEnvironment } from './config.ts';
import { type CodeHash, codeHash } from './store/person-store.ts';

/** What an operator typed is not right; the message says what would be. */
export class UsageError extends Error {}

/** What a command works with. */
export interface CommandContext {
  readonly words: readonly string[];
  /** The value of an option. @throws UsageError where it is missing */
  option(name: string): string;
  optional(name: string): string | null;
  readonly database: Database;
  readonly cipher: ReturnType<typeof openFieldCipher>;
  readonly hash: CodeHash;
  say(line: unknown): void;
}

/**
 * Runs an operator's command on identity's database: `--help` shows the help, a wrong word tells what is right and ends with 2, a fault
 * ends with 1. Each answer is one line of JSON.
 */
export async function runCommand(
  help: string,
  options: readonly string[],
  run: (context: CommandContext) => Promise<void>,
): Promise<void> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(options.map((name) => [name, { type: 'string' as const }])),
      },
    });
    if (values['help'] === true || positionals.length === 0) {
      process.stdout.write(`${help}\n`);
      return;
    }
    await withDatabase({ help, words: positionals, values }, run);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

async function withDatabase(
  typed: {
    readonly help: string;
    readonly words: readonly string[];
    readonly values: Readonly<Record<string, unknown>>;
  },
  run: (context: CommandContext) => Promise<void>,
): Promise<void> {
  const settings = readConfig(CommandEnvironment, process.env);
  const logger = createLogger({ service: 'identity-command', level: 'warn' });
  const database = openDatabase({ url: settings.DATABASE_URL, applicationName: 'identity-command' }, logger);
  await database.start();
  const optional = (name: string): string | null => {
    const value = typed.values[name];
    return typeof value === 'string' ? value : null;
  };
  try {
    await run({
      words: typed.words,
      optional,
      option: (name) => {
        const value = optional(name);
        if (value === null) throw new UsageError(`--${name} is missing\n\n${typed.help}`);
        return value;
      },
      database,
      cipher: openFieldCipher(settings.FIELD_KEY),
      hash: codeHash(Buffer.from(settings.PERSON_HASH_KEY, 'base64')),
      say: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
    });
  } finally {
    await database.stop();
  }
}

/** The municipality an operator named. @throws UsageError */
export function municipalityOf(context: CommandContext): number {
  const municipalityId = Number(context.option('municipality'));
  if (!Number.isSafeInteger(municipalityId) || municipalityId < 1) {
    throw new UsageError('--municipality is a positive whole number');
  }
  return municipalityId;
}
