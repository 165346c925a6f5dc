import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigurationError, configurationTable, readConfig, serviceEnvironment } from './config.ts';

const schema = z.object({
  ...serviceEnvironment,
  DATABASE_URL: z.url().describe('PostgreSQL'),
  POLL_MS: z.coerce.number().int().min(10).describe('Idle wait').default(250),
  NICKNAME: z.string().optional().describe('Either | or'),
});

test('every fault is named at once, with what the variable is for and never its value', () => {
  const environment = { GRPC_PORT: '70000', DATABASE_URL: 'secret', POLL_MS: 'soon' };
  const faults = faultsOf(() => readConfig(schema, environment));
  expect(faults.map((fault) => fault.split(':')[0]).toSorted()).toEqual(['DATABASE_URL', 'GRPC_PORT', 'POLL_MS']);
  expect(faults.join()).toContain('(PostgreSQL)');
  expect(faults.join()).not.toContain('secret');
  expect(faultsOf(() => readConfig(schema, {}))).toEqual(['DATABASE_URL: is missing; set it (PostgreSQL)']);
});

test('what is read is typed, has its defaults and cannot be changed', () => {
  const config = readConfig(schema, { DATABASE_URL: 'postgres://host/name', GRPC_PORT: '0' });
  expect(config).toMatchObject({ GRPC_PORT: 0, LOG_LEVEL: 'info', POLL_MS: 250, STOP_WITHIN_MS: 10_000 });
  expect(Object.isFrozen(config)).toBe(true);
});

test('the table of a README comes from the schema', () => {
  const table = configurationTable(schema);
  expect(table).toContain('| `DATABASE_URL` | **required** | PostgreSQL |');
  expect(table).toContain('| `POLL_MS` | `250` | Idle wait |');
  expect(table).toContain('| `NICKNAME` | unset | Either \\| or |');
});

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (cause) {
    if (cause instanceof ConfigurationError) return cause.faults;
    throw cause;
  }
  return [];
}
