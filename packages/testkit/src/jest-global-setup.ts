import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRabbit } from '@campanella/local-stores';
import { SHARED_STORES, type SharedStoresRecord } from './shared-stores.ts';

/** What the tear-down must end; jest loads both files in one process. */
declare global {
  var campanellaTestServers: { stop(): Promise<void> } | undefined;
}

/** Starts the servers that integration tests share, once for the whole run, with throw-away data on free ports. */
export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'campanella-tests-'));
  chmodSync(folder, 0o755);
  const [postgres, rabbit] = await Promise.all([
    startPostgres({ folder: join(folder, 'postgres'), isThrowAway: true }),
    startRabbit({ folder: join(folder, 'rabbit') }),
  ]);
  const record: SharedStoresRecord = {
    postgresUrl: postgres.url,
    rabbitUrl: rabbit.url,
    rabbitControl: rabbit.controlCommand,
  };
  process.env[SHARED_STORES] = JSON.stringify(record);
  const stop = async () => {
    await Promise.all([postgres.stop(), rabbit.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  globalThis.campanellaTestServers = { stop };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().finally(() => process.exit(130)));
}
