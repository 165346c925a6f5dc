import { z } from 'zod';

/** A process that cannot start because its environment is wrong; `faults` lists every fault at once. */
export class ConfigurationError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`the environment is not complete:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

const port = z.coerce.number().int().min(0).max(65_535);

/** What every service needs; spread into its own schema. */
export const serviceEnvironment = {
  LISTEN_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  GRPC_PORT: port.default(9090).describe('gRPC; 0 for a free one'),
  HTTP_PORT: port.default(8081).describe('HTTP API behind the gateway; 0 for a free one'),
  OPS_PORT: port.default(9100).describe('live, ready and metrics; 0 for a free one'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged'),
  STOP_WITHIN_MS: z.coerce.number().int().min(100).max(120_000).default(10_000).describe('Longest a stop may take'),
};

/**
 * Reads the environment once, whole, into a frozen object.
 *
 * @throws ConfigurationError naming every variable at fault and what it must be
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): Readonly<z.output<Schema>> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => {
      const name = issue.path.join('.');
      const isMissing = environment[name] === undefined;
      const description = descriptionOf(schema.shape[name]);
      return `${name}: ${isMissing ? 'is missing; set it' : issue.message}${description === undefined ? '' : ` (${description})`}`;
    }),
  );
}

function descriptionOf(field: unknown): string | undefined {
  if (!(field instanceof z.ZodType)) return undefined;
  if (field.description !== undefined) return field.description;
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional ? descriptionOf(field.unwrap()) : undefined;
}

/** Writes a schema as the table that a README shows: each variable, what it is without being set, and what it is for. */
export function configurationTable(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const unset = field instanceof z.ZodType ? field.safeParse(undefined) : undefined;
    const value = unset?.success === true ? unset.data : undefined;
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    const meaning = unset?.success !== true ? '**required**' : value === undefined ? 'unset' : `\`${shown}\``;
    return `| \`${name}\` | ${meaning} | ${(descriptionOf(field) ?? '').replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | what |', '| --- | --- | --- |', ...rows].join('\n');
}
