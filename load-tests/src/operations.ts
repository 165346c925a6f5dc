import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** As much of JSON Schema as the descriptions use. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** A value that an operation is asked with, by its place and name. */
export interface Parameter {
  readonly in: 'path' | 'query' | 'body';
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** One operation of a service's HTTP API, as its committed description has it. */
export interface Operation {
  /** E.g. `GET /api/ledger/balances`. */
  readonly key: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** Those of the path and the query, then the fields of a JSON body. */
  readonly parameters: readonly Parameter[];
  /** Null for an operation without a JSON body. */
  readonly body: Schema | null;
  /** Media types of a body that is a file; empty for none. */
  readonly fileTypes: readonly string[];
  /** Of the answer where it is JSON, else null. */
  readonly answer: Schema | null;
  /** Whether it is for the office or the kitchen alone. */
  readonly isForStaff: boolean;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

interface DescribedOperation {
  readonly parameters?: readonly (Omit<Parameter, 'required'> & { readonly required?: boolean })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>>;
}

/** Every operation of every service that describes an HTTP API. */
export function readOperations(): readonly Operation[] {
  return globSync('services/*/openapi.json', { cwd: ROOT })
    .sort()
    .flatMap((file) => {
      const service = file.split('/')[1] ?? '';
      const { paths }: Description = JSON.parse(readFileSync(`${ROOT}${file}`, 'utf8'));
      return Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, described]) =>
          toOperation(service, method.toUpperCase(), path, described),
        ),
      );
    });
}

function toOperation(service: string, method: string, path: string, described: DescribedOperation): Operation {
  const { 'application/json': json, ...files } = described.requestBody?.content ?? {};
  const given = (described.parameters ?? []).map((one) => ({ ...one, required: one.required === true }));
  return {
    ...{ key: `${method} ${path}`, service, method, path },
    parameters: [...given, ...fieldsOf(json?.schema)],
    body: json?.schema ?? null,
    fileTypes: Object.keys(files),
    answer: described.responses['200']?.content?.['application/json']?.schema ?? null,
    isForStaff: path.startsWith(`/api/${service}/office/`),
  };
}

function fieldsOf(body: Schema | undefined): readonly Parameter[] {
  const { properties = {}, required = [] } = body ?? {};
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ in: 'body' as const, name, schema },
    required: required.includes(name) && schema.default === undefined,
  }));
}

/** Whether a value names something that somebody owns: a guess of it must tell nothing. */
export function isIdentifier({ name, schema }: Pick<Parameter, 'name' | 'schema'>): boolean {
  const [one = schema] = schema.anyOf ?? [];
  const isUuid = [schema, schema.items, one].some((each) => each?.format === 'uuid');
  return (isUuid && name !== 'cursor') || /(Id|Ids|Number|codiceFiscale)$/.test(name);
}

/** An id that the caller makes for something new, and that so cannot be guessed. */
export function isMadeByCaller({ schema }: Parameter): boolean {
  return /made by the caller/i.test(schema.description ?? '');
}
