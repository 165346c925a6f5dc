import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import swaggerUi from 'swagger-ui-dist/package.json' with { type: 'json' };
import { publicDescription } from '../src/http/describe.ts';

/** The services whose APIs are public, in the order of the page. */
const SERVICES = ['anagrafica', 'attendance', 'billing', 'ledger'];
const BROTLI_QUALITY = 9;

const out = new URL('../gen/api/', import.meta.url);
const version = swaggerUi.version;
const root = new URL('../../', import.meta.url);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Campanella: HTTP APIs</title>
    <link rel="stylesheet" href="/api/docs/${version}/swagger-ui.css">
    <script defer src="/api/docs/${version}/swagger-ui-bundle.js"></script>
    <script defer src="/api/docs/start.js"></script>
  </head>
  <body><div id="apis"></div></body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#apis', supportedSubmitMethods: ['get'], validatorUrl: null });
`;

// The page of the APIs and their description, as files that the gateway serves as they are. Nothing comes from elsewhere.
await rm(out, { recursive: true, force: true });
await mkdir(new URL(`docs/${version}/`, out), { recursive: true });
const descriptions = SERVICES.map(async (service): Promise<[string, unknown]> => {
  const file = new URL(`services/${service}/openapi.json`, root);
  return [service, JSON.parse(await readFile(file, 'utf8'))];
});
await writeFile(
  new URL('openapi.json', out),
  `${JSON.stringify(publicDescription(new Map(await Promise.all(descriptions))), null, 2)}\n`,
);
await writeFile(new URL('docs/index.html', out), page);
await writeFile(new URL('docs/start.js', out), start);
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
  const file = new URL(import.meta.resolve(`swagger-ui-dist/${name}`));
  await copyFile(file, new URL(`docs/${version}/${name}`, out));
}

const [toBrotli, toGzip] = [promisify(brotliCompress), promisify(gzip)];
for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = `${entry.parentPath}/${entry.name}`;
  const bytes = await readFile(path);
  await writeFile(
    `${path}.br`,
    await toBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  );
  await writeFile(`${path}.gz`, await toGzip(bytes));
}
