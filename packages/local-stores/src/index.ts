export { type PostgresOptions, startPostgres } from './postgres.ts';
export { findProgram, postgresFolders, rabbitFolders } from './programs.ts';
export { type ControlCommand, type RabbitOptions, type RabbitStore, runControl, startRabbit } from './rabbit.ts';
export { type RedisOptions, startRedis } from './redis.ts';
export { freePort, type Store } from './store.ts';
