import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { freePort, startRedis } from '@campanella/local-stores';
import type { Cleanup } from '../src/cleanup.ts';
import { startPart, startProgram } from '../src/processes.ts';
import { startIdentity } from './identity-stand-in.ts';
import type { Target } from './load.ts';
import { nginxWords } from './nginx.ts';

/** What is measured beside what: the first three pass the same read to the same service, the others send the same file. */
export interface Competitors {
  readonly gateway: Target;
  readonly bare: Target;
  readonly nginx: Target;
  readonly gatewayFile: Target;
  readonly nginxFile: Target;
}

interface StartOptions {
  /** The core of what is measured; null for any. */
  readonly core: number | null;
  readonly profileFolder: string | null;
  readonly cleanup: Cleanup;
}

/** As a day's presences of a month are long. */
const ANSWER_BYTES = 2_000;
/** As one of the chunks of the portal is, before compression. */
const SCRIPT_BYTES = 40_000;
const READ = '/api/attendance/pupils/01938f00-0000-7000-8000-000000000001/presences?from=2026-11-01&to=2026-11-30';
const SCRIPT = '/assets/portal-0123abcd.js';
const BROWSER = {
  accept: 'application/json',
  'accept-encoding': 'gzip',
  'accept-language': 'it-IT,it;q=0.9',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
};

/** Starts everything on free ports. */
export async function startCompetitors(options: StartOptions): Promise<Competitors> {
  const { cleanup, core, profileFolder } = options;
  const folder = await mkdtemp(join(tmpdir(), 'campanella-bench-'));
  // nginx, started by root, works as another user.
  chmodSync(folder, 0o755);
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  await writePortal(folder);
  const service = await startService(folder, cleanup);
  const nginxPort = await freePort();
  const proxied = `location /api/ { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }`;
  const files = `location /assets/ { root ${join(folder, 'portal')}; gzip_static on; add_header Cache-Control "public, max-age=31536000, immutable"; }`;
  const nginx = await nginxWords({
    folder,
    port: nginxPort,
    routes: `${proxied}\n    ${files}`,
    upstreamPort: service.port,
  });
  const started = await startProgram(nginx, {}, `http://127.0.0.1:${nginxPort}${SCRIPT}`, core);
  cleanup.add(started.stop);
  const barePort = await freePort();
  const bare = await startPart(
    'load-tests/bench-gateway/bare-proxy.ts',
    { PORT: String(barePort), UPSTREAM_URL: service.url, NODE_ENV: 'production' },
    `http://127.0.0.1:${barePort}${READ}`,
    { core, profileFolder },
  );
  cleanup.add(bare.stop);
  const gateway = await startGateway(folder, service.url, options);
  return {
    gateway: { url: `${gateway.url}${READ}`, headers: { ...BROWSER, cookie: gateway.cookie } },
    bare: { url: `http://127.0.0.1:${barePort}${READ}`, headers: { ...BROWSER, cookie: gateway.cookie } },
    nginx: { url: `http://127.0.0.1:${nginxPort}${READ}`, headers: { ...BROWSER, cookie: gateway.cookie } },
    gatewayFile: { url: `${gateway.url}${SCRIPT}`, headers: BROWSER },
    nginxFile: { url: `http://127.0.0.1:${nginxPort}${SCRIPT}`, headers: BROWSER },
  };
}

/** The service behind all three: an answer that costs next to nothing, so that the way to it is what is measured. */
async function startService(folder: string, cleanup: Cleanup) {
  const port = await freePort();
  const answer = JSON.stringify({ days: 'x'.repeat(ANSWER_BYTES - 11) });
  const routes = `location / { default_type application/json; return 200 '${answer}'; }`;
  const url = `http://127.0.0.1:${port}`;
  const started = await startProgram(await nginxWords({ folder, port, routes }), {}, `${url}/`);
  cleanup.add(started.stop);
  return { port, url };
}

async function writePortal(folder: string): Promise<void> {
  const assets = join(folder, 'portal', 'assets');
  await mkdir(assets, { recursive: true });
  await writeFile(join(folder, 'portal', 'index.html'), '<!doctype html><title>Servizi Scolastici</title>');
  // Base64 of noise: as little to compress as a script that was minified.
  const script = randomBytes((SCRIPT_BYTES * 3) / 4).toString('base64');
  const path = join(folder, 'portal', SCRIPT);
  await Promise.all([writeFile(path, script), writeFile(`${path}.gz`, gzipSync(script))]);
}

async function startGateway(folder: string, serviceUrl: string, { core, profileFolder, cleanup }: StartOptions) {
  const [redis, identity] = await Promise.all([startRedis({ folder: join(folder, 'redis') }), startIdentity()]);
  cleanup.add(() => redis.stop());
  cleanup.add(identity.close);
  const [port, opsPort] = [await freePort(), await freePort()];
  const host = `127.0.0.1:${port}`;
  const part = await startPart(
    'gateway/src/main.ts',
    {
      NODE_ENV: 'production',
      PORT: String(port),
      OPS_PORT: String(opsPort),
      PUBLIC_SCHEME: 'http',
      MUNICIPALITY_HOSTS: JSON.stringify({ [host]: 1 }),
      REDIS_URL: redis.url,
      IDENTITY_ADDRESS: identity.address,
      ANAGRAFICA_ADDRESS: identity.address,
      IDENTITY_HTTP_URL: serviceUrl,
      ANAGRAFICA_HTTP_URL: serviceUrl,
      LEDGER_HTTP_URL: serviceUrl,
      ATTENDANCE_HTTP_URL: serviceUrl,
      BILLING_HTTP_URL: serviceUrl,
      PORTAL_DIR: join(folder, 'portal'),
      // Counted as ever, and not reached: what is measured is the way, not a refusal.
      API_LIMIT: '1000000',
      PERSON_LIMIT: '1000000',
    },
    `http://127.0.0.1:${opsPort}/ready`,
    { core, profileFolder },
  );
  cleanup.add(part.stop);
  const url = `http://${host}`;
  return { url, cookie: await signIn(url) };
}

/** Signs a company in, by the way a browser goes. @returns the session's cookie */
async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/login/company`, {
    method: 'POST',
    headers: { origin: url, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({ partitaIva: '12345670017', password: 'bench', return: '/' }),
  });
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('campanella_session='));
  if (cookie === undefined) throw new Error(`sign-in answered ${answer.status} ${await answer.text()}`);
  return cookie.split(';')[0] ?? '';
}
