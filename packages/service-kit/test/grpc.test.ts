import { LedgerServiceClient, LedgerServiceService } from '@campanella/proto/ledger/v1/ledger';
import { eventually } from '@campanella/testkit';
import { credentials, type ServerDuplexStream, type ServerUnaryCall, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  callUnary,
  createLogger,
  GrpcRefusal,
  grpcClient,
  grpcServer,
  refusalKindOf,
  registry,
  unaryHandler,
} from '../src/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const DEADLINE = { deadlineMs: 5_000 };
type Call = ServerUnaryCall<unknown, unknown>;

let answer: (call: Call) => Promise<{ shard: number }>;
let server: ReturnType<typeof grpcServer>;
let client: LedgerServiceClient;
let streams: ServerDuplexStream<unknown, unknown>[];

async function startServer(own?: typeof answer): Promise<ReturnType<typeof grpcServer>> {
  const started = grpcServer({
    host: '127.0.0.1',
    port: 0,
    logger,
    services: [
      {
        definition: LedgerServiceService,
        implementation: {
          getShard: unaryHandler((_request: unknown, call: Call) => (own ?? answer)(call), logger),
          getBalances: () => {
            throw new Error('the text of a bug');
          },
          postTransfers: (stream: ServerDuplexStream<unknown, unknown>) => void streams.push(stream),
        },
      },
    ],
  });
  await started.start();
  return started;
}

beforeEach(async () => {
  streams = [];
  answer = async () => ({ shard: 7 });
  server = await startServer();
  client = grpcClient(LedgerServiceClient, [server.address]);
});

afterEach(async () => {
  client.close();
  await server.stop();
});

const ask = (options = DEADLINE) => callUnary(client, 'getShard', { municipalityId: 1 }, options);
const faultOf = (call: Promise<unknown>): Promise<ServiceError> =>
  call.then(
    () => {
      throw new Error('it should have failed');
    },
    (cause) => cause,
  );

describe('a call', () => {
  test('that is refused tells its kind and its sentence', async () => {
    answer = async () => {
      throw new GrpcRefusal(status.FAILED_PRECONDITION, 'account_closed', 'the account is closed');
    };
    const fault = await faultOf(ask());
    expect(fault).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'the account is closed' });
    expect(refusalKindOf(fault)).toBe('account_closed');
  });

  test.each(['getShard', 'getBalances'] as const)(
    'that fails in %s crosses as internal, without its text',
    async (name) => {
      answer = async () => {
        throw new Error('the text of a bug');
      };
      const call =
        name === 'getShard' ? ask() : callUnary(client, name, { municipalityId: 1, accountIds: [] }, DEADLINE);
      expect(await faultOf(call)).toMatchObject({ code: status.INTERNAL, details: 'internal' });
    },
  );

  test('ends at its deadline, and one made within it does not outlast it', async () => {
    answer = () => new Promise(() => {});
    expect((await faultOf(ask({ deadlineMs: 100 }))).code).toBe(status.DEADLINE_EXCEEDED);
    const within = { getDeadline: () => Date.now() + 100 };
    const inner = callUnary(client, 'getShard', { municipalityId: 1 }, { deadlineMs: 60_000, within });
    expect((await faultOf(inner)).code).toBe(status.DEADLINE_EXCEEDED);
  });

  test('of more than 4 MB is refused', async () => {
    const fault = await faultOf(
      callUnary(client, 'openAccount', { ...ACCOUNT, ownerId: 'x'.repeat(5_000_000) }, DEADLINE),
    );
    expect(fault.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('is measured by method and status, also when its caller goes away', async () => {
    const call = client.getShard({ municipalityId: 1 }, () => {});
    answer = () => {
      call.cancel();
      return new Promise(() => {});
    };
    await eventually(async () => /GetShard",status="CANCELLED"/.test(await registry.metrics()), { withinMs: 5_000 });
  });
});

const ACCOUNT = { municipalityId: 1, kind: 1, ownerId: '', service: 'school_meals', overdraftCents: 0 } as const;

describe('two replicas', () => {
  test('share the calls of one client, and the loss of one is not noticed', async () => {
    const reached = new Set<string>();
    const saying = (name: string) => async () => {
      reached.add(name);
      return { shard: 7 };
    };
    answer = saying('one');
    const other = await startServer(saying('other'));
    const both = grpcClient(LedgerServiceClient, [server.address, other.address]);
    const askBoth = () => callUnary(both, 'getShard', { municipalityId: 1 }, DEADLINE);
    await eventually(
      async () => {
        await askBoth();
        return reached.size === 2;
      },
      { withinMs: 4_000 },
    );
    await other.stop();
    await Promise.all(Array.from({ length: 50 }, askBoth));
    both.close();
  });

  test('with a name among several addresses are refused', () => {
    expect(() => grpcClient(LedgerServiceClient, ['ledger-0:9090', 'ledger-1:9090'])).toThrow(RangeError);
  });
});

describe('a server that stops', () => {
  test('lets a call end, and takes no new one', async () => {
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<{ shard: number }>();
    answer = () => {
      begun.resolve();
      return held.promise;
    };
    const underWay = ask();
    await begun.promise;
    const stopped = server.stop();
    const late = new LedgerServiceClient(server.address, credentials.createInsecure());
    expect((await faultOf(callUnary(late, 'getShard', { municipalityId: 1 }, DEADLINE))).code).toBe(status.UNAVAILABLE);
    late.close();
    held.resolve({ shard: 9 });
    expect(await underWay).toEqual({ shard: 9 });
    await stopped;
  });

  test('sends streams elsewhere', async () => {
    const stream = client.postTransfers();
    const ended = new Promise<ServiceError>((resolve) => stream.once('error', resolve));
    stream.write({ transfers: [] });
    await eventually(() => streams.length === 1, { withinMs: 5_000 });
    await server.stop();
    expect(await ended).toMatchObject({ code: status.UNAVAILABLE, details: 'this replica stops: go to another' });
  });
});
