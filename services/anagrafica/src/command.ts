import { openFieldCipher } from '@campanella/field-encryption';
import { openDatabase } from '@campanella/postgres';
import { createLogger, readConfig } from '@campanella/service-kit';
import type { FascicoloDeps } from './app/fascicolo.ts';
import type { OfficeReads } from './app/office.ts';
import type { PutDeps } from './app/put-records.ts';
import type { AccessLog } from './app/record-access.ts';
import { environment } from './config.ts';
import { openDocumentStore } from './document-store/open-document-store.ts';
import { announceDirectory } from './events/directory-changed.ts';
import { accessLog } from './store/access-log.ts';
import { fascicoloTable } from './store/fascicolo-table.ts';
import { officeReads } from './store/office-reads.ts';
import { quietDatabase } from './store/quiet-database.ts';
import { registryStore } from './store/registry-store.ts';

const STATEMENT_TIMEOUT_MS = 60_000;

/** What a command does its work with: the same rules and tables as the service. */
export interface CommandDeps extends PutDeps {
  readonly office: OfficeReads;
  readonly fascicolo: FascicoloDeps;
  readonly accessLog: AccessLog;
}

/**
 * Runs a command on the service's own database, which may be in use. Needs `DATABASE_URL`, `FIELD_KEY` and `DOCUMENT_STORE_URL` as the service
 * has them; what it changes is announced by the running service.
 */
export async function withRegistry<Result>(name: string, run: (deps: CommandDeps) => Promise<Result>): Promise<Result> {
  const config = readConfig(
    environment.pick({ DATABASE_URL: true, FIELD_KEY: true, DOCUMENT_STORE_URL: true }),
    process.env,
  );
  const database = openDatabase(
    { url: config.DATABASE_URL, applicationName: name, poolMax: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    createLogger({ service: name, level: 'warn' }),
  );
  await database.start();
  const tables = quietDatabase(database);
  const cipher = openFieldCipher(config.FIELD_KEY);
  const clock = { now: () => new Date() };
  try {
    return await run({
      store: registryStore(cipher),
      clock,
      transaction: tables.transaction,
      announceDirectory,
      office: officeReads(tables, cipher),
      fascicolo: { table: fascicoloTable(tables), store: openDocumentStore(config.DOCUMENT_STORE_URL), clock },
      accessLog: accessLog(tables),
    });
  } finally {
    await database.stop();
  }
}
