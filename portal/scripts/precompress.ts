import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** The pages' fonts and pictures are compressed by their own format. */
const COMPRESSIBLE = /\.(?:html|js|css|svg|json|webmanifest|txt|ttf)$/;
/** Below this the headers outweigh what is saved. */
const BYTES_MIN = 1_024;

// Written once per build and at the highest level, so that the gateway never compresses a file while somebody waits for it.
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const [toBrotli, toGzip] = [promisify(brotliCompress), promisify(gzip)];
const entries = await readdir(dist, { recursive: true, withFileTypes: true });
for (const entry of entries) {
  if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  // What the browser never gets: the build's own manifest.
  if (path.includes(`${dist}.`)) continue;
  const bytes = await readFile(path);
  if (bytes.length < BYTES_MIN) continue;
  const [brotli, gzipped] = await Promise.all([
    toBrotli(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    toGzip(bytes, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  await Promise.all([writeFile(`${path}.br`, brotli), writeFile(`${path}.gz`, gzipped)]);
}
