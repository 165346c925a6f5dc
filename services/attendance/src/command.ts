import { type Database, openDatabase, type Transaction } from '@campanella/postgres';
import { createLogger, readConfig } from '@campanella/service-kit';
import { environment } from './config.ts';

const STATEMENT_TIMEOUT_MS = 60_000;

/** What a command does its work with. */
export interface CommandDeps {
  readonly database: Database;
  readonly transaction: <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;
  readonly clock: { now(): Date };
}

/** Runs a command on the service's own database, which may be in use. Needs `DATABASE_URL` as the service has it. */
export async function withAttendance<Result>(
  name: string,
  run: (deps: CommandDeps) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(environment.pick({ DATABASE_URL: true }), process.env);
  const database = openDatabase(
    { url: config.DATABASE_URL, applicationName: name, poolMax: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    createLogger({ service: name, level: 'warn' }),
  );
  await database.start();
  try {
    return await run({ database, transaction: database.transaction.bind(database), clock: { now: () => new Date() } });
  } finally {
    await database.stop();
  }
}
