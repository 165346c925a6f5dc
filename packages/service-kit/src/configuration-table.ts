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
const schema = Object.values(exported).find((value) => value instanceof z.ZodObject);
if (schema === undefined) throw new Error(`${source} exports no schema of an environment`);
const table = configurationTable(schema);
if (readme === undefined) console.log(table);
else {
  const text = readFileSync(readme, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${readme} has no ${BEGIN} … ${END}`);
  const wanted = `${before}${BEGIN}\n${table}\n${END}${after}`;
  if (mode !== '--check') writeFileSync(readme, wanted);
  else if (text !== wanted) throw new Error(`${readme} does not say what ${source} says: run this without --check`);
}
