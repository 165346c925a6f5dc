import type { Logger, Part } from '@campanella/service-kit';
import { gauge } from '@campanella/service-kit';
import pg from 'pg';
import { typeParsers } from './type-parsers.ts';

/** A statement: named ones are prepared once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface Queryable {
  /** Runs one statement; rows are what the caller says they are: only `store/` folders do so. */
  query<Row = never>(statement: Statement): Promise<{ readonly rows: Row[]; readonly rowCount: number }>;
}

/** An open transaction; valid until the function it was given to returns. */
export interface Transaction extends Queryable {
  readonly isTransaction: true;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Most connections of this process. */
  readonly poolMax?: number;
  /** Longest a statement may take before the server ends it. */
  readonly statementTimeoutMs?: number;
}

export interface TransactionOptions {
  /** What the transaction sees of others; PostgreSQL's default is `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** How often the whole operation is run again after a serialization failure or a deadlock; 0 without it. */
  readonly retriesMax?: number;
}

export interface Database extends Queryable, Part {
  /**
   * Runs an operation in one transaction: committed when it resolves, rolled back when it rejects. No network call belongs inside.
   * Nothing is run again unless `retriesMax` says so. When the connection is lost in the commit, its outcome is unknown to the caller.
   */
  transaction<Result>(operation: (tx: Transaction) => Promise<Result>, options?: TransactionOptions): Promise<Result>;
  /** A connection of one's own, for LISTEN and session locks; end it. It is not one of the pool. */
  connect(): Promise<pg.Client>;
}

const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 5_000;
const CONNECT_WITHIN_MS = 5_000;
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Beyond the server's own limit: only a line that is half open needs it. */
const ANSWER_GRACE_MS = 2_000;
const RETRY_FROM_MS = 10;

/**
 * Opens a bounded pool. Starting waits until the server answers, at most 30 s; a server that goes away later fails the statements
 * under way and is connected to again by itself. `bigint` is read as a number (an unsafe one throws), `date` as `YYYY-MM-DD`.
 */
export function openDatabase(options: DatabaseOptions, logger: Logger): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const settings = {
    connectionString: options.url,
    application_name: options.applicationName,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    keepAlive: true,
    types: typeParsers,
  };
  const pool = new pg.Pool({ ...settings, max: options.poolMax ?? POOL_MAX, idleTimeoutMillis: 60_000 });
  // Without listeners, idle and taken, a restart of the server ends the process.
  pool.on('error', (cause) => logger.warn({ err: cause }, 'an idle database connection broke'));
  pool.on('connect', (client) => {
    client.on('error', (cause) => logger.warn({ err: cause }, 'a database connection broke'));
  });
  watchPool(pool, options.applicationName);

  const query = async <Row>(statement: Statement) => toResult<Row>(await pool.query(toQuery(statement)));
  return {
    name: 'database',
    query,
    async start() {
      await untilAnswered(
        () => pool.query('select 1'),
        () => pool.ending,
        logger,
      );
    },
    async stop() {
      await pool.end();
    },
    async checkReady() {
      await pool.query('select 1');
    },
    async connect() {
      const client = new pg.Client({
        ...settings,
        statement_timeout: 0,
        query_timeout: 0,
        idle_in_transaction_session_timeout: 0,
      });
      client.on('error', (cause) => logger.warn({ err: cause }, 'a database connection broke'));
      await client.connect();
      return client;
    },
    transaction: (operation, how = {}) => inTransactionWithRetries(pool, operation, how),
  };
}

async function inTransactionWithRetries<Result>(
  pool: pg.Pool,
  operation: (tx: Transaction) => Promise<Result>,
  options: TransactionOptions,
): Promise<Result> {
  const { retriesMax = 0 } = options;
  for (let retries = 0; ; retries += 1) {
    try {
      return await inTransaction(pool, operation, options);
    } catch (cause) {
      if (retries >= retriesMax || !isRivalry(cause)) throw cause;
      // Rivals that wait the same time meet again.
      await new Promise((resolve) => setTimeout(resolve, RETRY_FROM_MS * 2 ** retries * (0.5 + Math.random())));
    }
  }
}

/** Says whether a transaction failed only because of another beside it: serialization failure or deadlock. */
function isRivalry(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === '40001' || cause.code === '40P01');
}

async function inTransaction<Result>(
  pool: pg.Pool,
  operation: (tx: Transaction) => Promise<Result>,
  { isolation }: TransactionOptions,
): Promise<Result> {
  const client = await pool.connect();
  let isBroken = false;
  let isOver = false;
  try {
    await client.query(isolation === undefined ? 'begin' : `begin isolation level ${isolation}`);
    const tx: Transaction = {
      isTransaction: true,
      query: async <Row>(statement: Statement) => {
        // The connection may be somebody else's by now.
        if (isOver) throw new Error('a statement came after its transaction had ended');
        return toResult<Row>(await client.query(toQuery(statement)));
      },
    };
    const result = await operation(tx);
    isOver = true;
    await client.query('commit');
    return result;
  } catch (cause) {
    isOver = true;
    // A connection that is silent, or cannot even roll back, is not given to anybody else.
    if (isSilent(cause)) isBroken = true;
    else {
      await client.query('rollback').catch(() => {
        isBroken = true;
      });
    }
    throw cause;
  } finally {
    client.release(isBroken);
  }
}

/** Says whether the server did not answer at all: the driver's own timeout, which has no code. */
function isSilent(cause: unknown): boolean {
  return cause instanceof Error && cause.message === 'Query read timeout';
}

function toQuery({ name, text, values }: Statement): pg.QueryConfig {
  return { text, values: values === undefined ? [] : [...values], ...(name === undefined ? {} : { name }) };
}

function toResult<Row>(result: pg.QueryResult): { rows: Row[]; rowCount: number } {
  return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 };
}

const START_WITHIN_MS = 30_000;
const START_RETRY_MS = 250;

async function untilAnswered(ask: () => Promise<unknown>, isStopped: () => boolean, logger: Logger): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (isStopped()) return;
      if (Date.now() > deadline) {
        throw new Error(`PostgreSQL does not answer: check DATABASE_URL and that the server runs (${reason})`, {
          cause,
        });
      }
      logger.warn({ reason }, 'waiting for PostgreSQL');
      await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS));
    }
  }
}

function watchPool(pool: pg.Pool, applicationName: string): void {
  const connections = gauge('campanella_postgres_pool_connections', 'Connections of the pool, by state', [
    'pool',
    'state',
  ]);
  const observe = () => {
    connections.set({ pool: applicationName, state: 'open' }, pool.totalCount);
    connections.set({ pool: applicationName, state: 'idle' }, pool.idleCount);
    connections.set({ pool: applicationName, state: 'waited_for' }, pool.waitingCount);
  };
  for (const event of ['connect', 'acquire', 'release', 'remove'] as const) pool.on(event, observe);
}
