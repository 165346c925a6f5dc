export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Queryable,
  type Statement,
  type Transaction,
  type TransactionOptions,
} from './database.ts';
export { dumpSchema } from './dump-schema.ts';
export { type MigrateOptions, migrate, migrateMain } from './migrate.ts';
export { parseBigint, typeParsers } from './type-parsers.ts';
