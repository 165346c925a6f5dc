import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { configurationTable } from './config.ts';

/**
 * Puts the configuration table of a part into its README, between the two marks:
 * `node packages/service-kit/src/configuration-table.ts services/ledger/src/config.ts services/ledger/README.md [--check]`. The
 * module exports the schema of its environment. With --check nothing is written, and a difference is a failure.
 */
const BEGIN = '<!-- configuration: generated -->';
const END = '<!-- /configuration -->';

const [source, readme, mode] = process.argv.slice(2);
if (source === undefined) throw new Error('name the module that exports the schema, and the README');
const exported: Record<string, unknown> = await import(pathToFileURL(resolve(source)).href);
const schema = Object.values(exported)
  .map(schemaOf)
  .find((found) => found !== null);
if (schema === undefined) throw new Error(`${source} exports no schema of an environment`);
const table = configurationTable(schema);
if (readme === undefined) console.log(table);
else {
  const text = readFileSync(readme, 'utf8');
  const [before, rest] = text.split(`\n${BEGIN}\n`);
  const after = rest?.split(`\n${END}\n`)[1];
  if (before === undefined || after === undefined) throw new Error(`${readme} has no ${BEGIN} … ${END}`);
  const wanted = `${before}\n${BEGIN}\n${table}\n${END}\n${after}`;
  if (mode !== '--check') writeFileSync(readme, wanted);
  else if (text !== wanted) throw new Error(`${readme} does not say what ${source} says: run this without --check`);
}

function schemaOf(value: unknown): z.ZodObject | null {
  if (value instanceof z.ZodObject) return value;
  if (typeof value !== 'object' || value === null) return null;
  const fields = Object.entries(value).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType);
  return fields.length === 0 ? null : z.object(Object.fromEntries(fields));
}
