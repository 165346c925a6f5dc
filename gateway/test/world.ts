import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, privateDatabase, privateRedis, startProcess } from '@campanella/testkit';
import { type Anagrafica, startAnagrafica } from './anagrafica.ts';
import { type Answer, type Browser, openBrowser } from './browser.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

type Process = Awaited<ReturnType<typeof startProcess>>;
type Redis = Awaited<ReturnType<typeof privateRedis>>;

/** Gateway, identity and the sandbox provider as processes of their own, before a real PostgreSQL and a real Redis. */
export interface World {
  readonly url: string;
  readonly host: string;
  readonly providerUrl: string;
  readonly identityHttpUrl: string;
  readonly databaseUrl: string;
  readonly redis: Redis;
  readonly anagrafica: Anagrafica;
  readonly upstream: Upstream;
  readonly gateway: Process;
  readonly identity: Process;
  readonly provider: Process;
  /** What identity was started with, for an operator's commands. */
  readonly identityEnvironment: Readonly<Record<string, string>>;
  /** Goes through the provider's pages as a citizen would; null gives up. @returns the answer of the gateway's callback */
  signIn(browser: Browser, username: string | null, returnTo?: string): Promise<Answer>;
  /** Begins only. @returns the provider's address */
  begin(browser: Browser, returnTo?: string): Promise<string>;
  /** Does the provider's part. @returns the callback's URL */
  atProvider(browser: Browser, providerUrl: string, username: string | null): Promise<string>;
  close(): Promise<void>;
}

/** More for the parts beside the gateway. */
export interface MoreEnvironment {
  readonly identity?: Readonly<Record<string, string>>;
  readonly provider?: Readonly<Record<string, string>>;
}

/** Starts everything. @param environment more for the gateway @param moreAt more for the others, once it is known where all are */
export async function startWorld(
  environment: Record<string, string> = {},
  moreAt: (at: { readonly url: string; readonly providerUrl: string }) => MoreEnvironment = () => ({}),
): Promise<World> {
  const [port, opsPort, providerPort, providerOps, grpcPort, httpPort, identityOps] = await Promise.all(
    Array.from({ length: 7 }, () => freePort()),
  );
  const host = `127.0.0.1:${port}`;
  const url = `http://${host}`;
  const providerUrl = `http://127.0.0.1:${providerPort}`;
  const identityHttpUrl = `http://127.0.0.1:${httpPort}`;
  const [database, redis, anagrafica, upstream, portalDir] = await Promise.all([
    privateDatabase({ migrations: join(ROOT, 'services/identity/migrations') }),
    privateRedis(),
    startAnagrafica(),
    startUpstream(),
    makePortal(),
  ]);
  const more = moreAt({ url, providerUrl });
  const levels = [2, 3].map((level) => `https://www.spid.gov.it/SpidL${level}`);
  const identityEnvironment = {
    GRPC_PORT: `${grpcPort}`,
    HTTP_PORT: `${httpPort}`,
    OPS_PORT: `${identityOps}`,
    DATABASE_URL: database.url,
    ANAGRAFICA_ADDRESS: anagrafica.address,
    FIELD_KEY: randomBytes(32).toString('base64'),
    PERSON_HASH_KEY: randomBytes(32).toString('base64'),
    SIGN_IN_PROVIDERS: JSON.stringify([
      { key: 'spid', issuer: providerUrl, clientId: 'campanella', acrValues: [levels[0]] },
      { key: 'cie', issuer: providerUrl, clientId: 'campanella', acrValues: [levels[1]] },
    ]),
    REDIRECT_URIS: `${url}/login/callback`,
    POST_LOGOUT_REDIRECT_URIS: `${url}/`,
    ALLOW_INSECURE_LOOPBACK_ISSUERS: 'true',
    ...more.identity,
  };
  const [provider, identity, gateway] = await Promise.all([
    startProcess({
      entry: join(ROOT, 'sandbox/identity-provider/src/main.ts'),
      environment: {
        HTTP_PORT: `${providerPort}`,
        OPS_PORT: `${providerOps}`,
        CLIENT_JWKS_URL: `${identityHttpUrl}/.well-known/openid-client-jwks.json`,
        REDIRECT_URIS: `${url}/login/callback`,
        POST_LOGOUT_REDIRECT_URIS: `${url}/`,
        ...more.provider,
      },
      readyUrl: `http://127.0.0.1:${providerOps}/ready`,
    }),
    startProcess({
      entry: join(ROOT, 'services/identity/src/main.ts'),
      environment: identityEnvironment,
      readyUrl: `http://127.0.0.1:${identityOps}/ready`,
    }),
    startProcess({
      entry: join(ROOT, 'gateway/src/main.ts'),
      environment: {
        PORT: `${port}`,
        OPS_PORT: `${opsPort}`,
        PUBLIC_SCHEME: 'http',
        MUNICIPALITY_HOSTS: JSON.stringify({ [host]: 1 }),
        REDIS_URL: redis.url,
        IDENTITY_ADDRESS: `127.0.0.1:${grpcPort}`,
        IDENTITY_HTTP_URL: identityHttpUrl,
        ANAGRAFICA_ADDRESS: anagrafica.address,
        ANAGRAFICA_HTTP_URL: upstream.url,
        LEDGER_HTTP_URL: upstream.url,
        ATTENDANCE_HTTP_URL: upstream.url,
        BILLING_HTTP_URL: upstream.url,
        PORTAL_DIR: portalDir,
        SIGN_IN_LIMIT: '1000',
        ...environment,
      },
      readyUrl: `http://127.0.0.1:${opsPort}/ready`,
    }),
  ]);
  const begin = async (browser: Browser, returnTo = '/conto-corrente') =>
    (await browser.ask(`${url}/login/spid?return=${encodeURIComponent(returnTo)}`)).location;
  const atProvider = (browser: Browser, start: string, username: string | null) =>
    chooseCitizen(browser, providerUrl, start, username);
  return {
    ...{ url, host, providerUrl, identityHttpUrl, databaseUrl: database.url },
    ...{ redis, anagrafica, upstream, gateway, identity, provider, begin, atProvider, identityEnvironment },
    signIn: async (browser, username, returnTo) =>
      browser.ask(await atProvider(browser, await begin(browser, returnTo), username)),
    close: async () => {
      const processes = [gateway, identity, provider];
      await Promise.all(processes.map((process) => process.kill('SIGTERM')));
      await Promise.all([anagrafica.close(), upstream.close(), redis.close(), database.close()]);
      await rm(portalDir, { recursive: true });
    },
  };
}

async function chooseCitizen(
  browser: Browser,
  providerUrl: string,
  start: string,
  username: string | null,
): Promise<string> {
  const page = new URL((await browser.ask(start)).location, providerUrl).href;
  const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const choice = username === null ? `${page}/cancel` : `${page}/login`;
  const body = username === null ? '' : new URLSearchParams({ username }).toString();
  let next = (await browser.ask(choice, { ...form, body })).location;
  while (next.startsWith(providerUrl)) next = (await browser.ask(next)).location;
  return next;
}

async function makePortal(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'campanella-portal-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Servizi Scolastici</title>');
  await writeFile(join(folder, 'assets', 'index-4f3a2b1c.js'), 'export {};');
  await writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(folder, '.secret'), 'never served');
  return folder;
}

/** Opens a browser and signs a citizen in. @returns the browser and the CSRF token of its session */
export async function signedInBrowser(
  world: World,
  username = 'aurora.esempio',
): Promise<{ browser: Browser; csrfToken: string }> {
  const browser = openBrowser();
  const answer = await world.signIn(browser, username);
  if (answer.status !== 303) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`);
  const session = (await browser.ask(`${world.url}/api/session`)).json();
  return { browser, csrfToken: String(session['csrfToken']) };
}
