import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { send } from './browser.ts';
import { makePortal } from './portal-files.ts';
import { type Shore, startShore } from './shore.ts';

const PAGE = '<!doctype html><title>Servizi Scolastici</title>';
const SCRIPT = '/assets/index-4f3a2b1c.js';

let shore: Shore;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'campanella-built-'));
  await makePortal(folder);
  // As the portal's build leaves them.
  for (const [path, text] of [
    ['index.html', PAGE],
    [SCRIPT, 'export {};'],
    ['/assets/gone-12345678.js', 'export const gone = 1;'],
  ] as const) {
    await writeFile(join(folder, path), text);
    await writeFile(join(folder, `${path}.br`), brotliCompressSync(text));
    await writeFile(join(folder, `${path}.gz`), gzipSync(text));
  }
  shore = await startShore({ PORTAL_DIR: folder });
}, 60_000);
afterAll(async () => {
  await shore.close();
  await rm(folder, { recursive: true });
});

/** The bytes as they crossed the wire: fetch would decompress them. */
const raw = (path: string, encoding: string) =>
  send(`${shore.url}${path}`, { headers: { 'accept-encoding': encoding } });

test('the page is asked for again, hashed files never, unknown pages are the page, unknown files are not', async () => {
  const page = await send(`${shore.url}/`);
  expect([page.status, page.text, page.headers['cache-control']]).toEqual([200, PAGE, 'no-cache']);
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  const deep = await send(`${shore.url}/refezione/elenco?da=2026-11-01`);
  expect([deep.status, deep.text, deep.headers['cache-control']]).toEqual([200, PAGE, 'no-cache']);
  const asset = await send(`${shore.url}${SCRIPT}`);
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(asset.headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect((await send(`${shore.url}/assets/index-00000000.js`)).status).toBe(404);
  expect((await send(`${shore.url}/.secret`)).status).toBe(404);
});

test.each([
  ['br, gzip, deflate', 'br'],
  ['gzip, br', 'br'],
  ['gzip', 'gzip'],
  ['identity', undefined],
  ['br;q=0, gzip', 'gzip'],
])('a browser that takes %j gets a file as %s', async (accepted, encoding) => {
  for (const path of [SCRIPT, '/', '/refezione']) {
    const answer = await raw(path, accepted);
    expect([answer.status, answer.headers['content-encoding'], answer.headers['vary']]).toEqual([
      200,
      encoding,
      'Accept-Encoding',
    ]);
    expect(answer.headers['content-type']).toMatch(/^text\/(javascript|html); charset=utf-8$/i);
    expect(answer.headers['cache-control']).toBe(path === SCRIPT ? 'public, max-age=31536000, immutable' : 'no-cache');
  }
});

test('what arrives is compressed once, and is the file', async () => {
  const decoded = await fetch(`${shore.url}${SCRIPT}`, { headers: { 'accept-encoding': 'br' } });
  expect([decoded.headers.get('content-encoding'), await decoded.text()]).toEqual(['br', 'export {};']);
  const bytes = async (encoding: string) =>
    Buffer.from(await (await fetch(`${shore.url}${SCRIPT}.${encoding}`)).arrayBuffer());
  expect(brotliDecompressSync(await bytes('br')).toString()).toBe('export {};');
  expect(gunzipSync(await bytes('gz')).toString()).toBe('export {};');
});

test('a page that has not changed is not sent again, compressed or not', async () => {
  for (const encoding of ['br', 'identity']) {
    const first = await raw('/', encoding);
    const headers = { 'accept-encoding': encoding, 'if-none-match': String(first.headers['etag']) };
    const again = await send(`${shore.url}/refezione`, { headers });
    expect([again.status, again.text, again.headers['content-encoding']]).toEqual([304, '', undefined]);
  }
});

test('a file that went away under a running gateway is not found, and says so readably', async () => {
  for (const ending of ['', '.br', '.gz']) await unlink(join(folder, `assets/gone-12345678.js${ending}`));
  const answer = await raw('/assets/gone-12345678.js', 'br');
  expect([answer.status, answer.headers['content-encoding']]).toEqual([404, undefined]);
  expect(answer.text).toContain('Pagina non trovata');
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('a portal that is not there is said to be missing', async () => {
  const own = await startShore({ PORTAL_DIR: join(folder, 'assets') });
  try {
    const answer = await send(`${own.url}/`);
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
    expect(answer.text).toContain('Portale non disponibile');
  } finally {
    await own.close();
  }
}, 60_000);
