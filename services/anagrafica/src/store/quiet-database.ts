import type { Database, Queryable, Statement, Transaction } from '@campanella/postgres';

/**
 * The same database, whose errors tell no row: PostgreSQL puts whole rows into the detail of a violated constraint, and
 * errors are logged.
 */
export function quietDatabase(
  database: Pick<Database, 'query' | 'transaction'>,
): Pick<Database, 'query' | 'transaction'> {
  return {
    query: quietQuery(database),
    transaction: <Result>(operation: (tx: Transaction) => Promise<Result>) =>
      database
        .transaction((tx) => operation({ isTransaction: true, query: quietQuery(tx) }))
        .catch((cause: unknown) => {
          throw withoutRows(cause);
        }),
  };
}

function quietQuery(queryable: Queryable): Queryable['query'] {
  return async <Row>(statement: Statement) => {
    try {
      return await queryable.query<Row>(statement);
    } catch (cause) {
      throw withoutRows(cause);
    }
  };
}

function withoutRows(cause: unknown): unknown {
  if (cause instanceof Error)
    for (const field of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(cause, field);
  return cause;
}
