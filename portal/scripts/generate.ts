import { mkdir, readFile, writeFile } from 'node:fs/promises';
import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript';

const SERVICES = ['anagrafica', 'attendance', 'billing', 'ledger'] as const;
const root = new URL('../../', import.meta.url);
const out = new URL('../src/gen/', import.meta.url);

// The portal's client is typed from the descriptions that the services commit; what is written here is not committed.
await mkdir(out, { recursive: true });
for (const service of SERVICES) {
  const description: OpenAPI3 = JSON.parse(await readFile(new URL(`services/${service}/openapi.json`, root), 'utf8'));
  const types = astToString(await openapiTypescript(description));
  await writeFile(new URL(`${service}.ts`, out), `// Generated from services/${service}/openapi.json.\n${types}`);
}
