import { fileURLToPath } from 'node:url';
import { AccountKind, LedgerServiceClient } from '@campanella/proto/ledger/v1/ledger';
import { callUnary, grpcClient } from '@campanella/service-kit';
import { eventually, freePort, privateDatabase, privateRedis, startProcess } from '@campanella/testkit';

/** The real ledger as a process, on a database and a Redis of its own. */
export interface RunningLedger {
  readonly address: string;
  /** What the first municipality's school meals have earned, as the ledger says. */
  revenue(): Promise<number>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same address and stores. */
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Starts the ledger and waits until it is ready. */
export async function runLedger(shared: { amqpUrl: string; jwksUrl: string }): Promise<RunningLedger> {
  const [database, redis] = await Promise.all([
    privateDatabase({ migrations: path('../../ledger/migrations') }),
    privateRedis('--maxmemory-policy', 'noeviction'),
  ]);
  const [grpcPort, httpPort, opsPort] = [await freePort(), await freePort(), await freePort()];
  const start = () =>
    startProcess({
      entry: path('../../ledger/src/main.ts'),
      environment: {
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        AMQP_URL: shared.amqpUrl,
        IDENTITY_JWKS_URL: shared.jwksUrl,
        GRPC_PORT: String(grpcPort),
        HTTP_PORT: String(httpPort),
        OPS_PORT: String(opsPort),
      },
      readyUrl: `http://127.0.0.1:${opsPort}/ready`,
    });
  let part = await start();
  const address = `127.0.0.1:${grpcPort}`;
  const client = grpcClient(LedgerServiceClient, [address]);
  const revenueAccount = { municipalityId: 1, kind: AccountKind.REVENUE, ownerId: '', service: 'school_meals' };
  return {
    address,
    async revenue() {
      const request = { ...revenueAccount, overdraftCents: 0 };
      // After a restart the client's channel connects again a moment later.
      const ask = () => callUnary(client, 'openAccount', request, { deadlineMs: 5_000 });
      const { account } = await eventually(ask, { withinMs: 10_000 });
      return account?.balanceCents ?? 0;
    },
    kill: () => part.kill('SIGKILL'),
    async startAgain() {
      part = await start();
    },
    async close() {
      client.close();
      await part.kill('SIGTERM');
      await redis.close();
      await database.close();
    },
  };
}
