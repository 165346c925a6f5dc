import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/** Compressed script of a first visit may not exceed this (design.md, section 8). */
const BUDGET_BYTES = 200_000;
const dist = new URL('../dist/', import.meta.url);

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
}

function isChunk(value: unknown): value is Chunk {
  return typeof value === 'object' && value !== null && 'file' in value && typeof value.file === 'string';
}

async function readManifest(): Promise<Map<string, Chunk>> {
  const text = await readFile(new URL('.vite/manifest.json', dist), 'utf8').catch(() => {
    throw new Error('dist/.vite/manifest.json is missing: run `npm run build -w @campanella/portal` first');
  });
  const parsed: unknown = JSON.parse(text);
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return new Map(entries.flatMap(([name, chunk]) => (isChunk(chunk) ? [[name, chunk] as const] : [])));
}

/** The files that a browser loads for some chunks: they and, statically, all that they import. */
function filesOf(manifest: ReadonlyMap<string, Chunk>, names: readonly string[]): Set<string> {
  const files = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const chunk = manifest.get(name);
    if (chunk === undefined || files.has(chunk.file)) continue;
    files.add(chunk.file);
    waiting.push(...(chunk.imports ?? []));
  }
  return files;
}

async function compressedBytes(files: ReadonlySet<string>): Promise<number> {
  const scripts = [...files].filter((file) => file.endsWith('.js'));
  const sizes = await Promise.all(scripts.map(async (file) => gzipSync(await readFile(new URL(file, dist))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const manifest = await readManifest();
const entries = [...manifest].flatMap(([name, chunk]) => (chunk.isEntry ? [name] : []));
const pages = [...manifest.keys()].filter((name) => /^src\/pages\/.*-pages?\.tsx$/.test(name));
const figures = await Promise.all(
  pages.map(async (page) => {
    const value = await compressedBytes(filesOf(manifest, [...entries, page]));
    const figure = `portal: compressed script on first load of ${page.slice('src/pages/'.length, -'.tsx'.length)}`;
    return { figure, value, unit: 'bytes', target: BUDGET_BYTES, met: value <= BUDGET_BYTES };
  }),
);
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
else for (const { figure, value, met } of figures) console.log(`${met ? 'ok  ' : 'OVER'} ${value} bytes  ${figure}`);
const scripts = (await readdir(new URL('assets/', dist))).filter((file) => file.endsWith('.js'));
if (scripts.length === 0 || pages.length === 0 || figures.some(({ met }) => !met)) process.exitCode = 1;
