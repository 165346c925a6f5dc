export { type PostgresOptions, startPostgres } from './postgres.ts';
export { findProgram, postgresFolders, rabbitFolders } from './programs.ts';
export { type RabbitOptions, type RabbitStore, startRabbit } from './rabbit.ts';
export { type RedisOptions, startRedis } from './redis.ts';
export { freePort, type Store } from './store.ts';
