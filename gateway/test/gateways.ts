import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, privateRedis, startProcess } from '@campanella/testkit';
import { type Anagrafica, startAnagrafica } from './anagrafica.ts';
import { type Answer, type Browser, openBrowser } from './browser.ts';
import { type IdentityContract, startIdentityContract } from './identity-contract.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url));

type Process = Awaited<ReturnType<typeof startProcess>>;

/** One gateway, as a process of its own. */
export type Gateway = Process & { readonly url: string; readonly host: string };

/** Gateways alone, as many as a test wants, on one real Redis, with the contracts of identity and anagrafica on real sockets behind them. */
export interface Gateways {
  readonly redis: Awaited<ReturnType<typeof privateRedis>>;
  readonly identity: IdentityContract;
  readonly anagrafica: Anagrafica;
  readonly upstream: Upstream;
  start(environment?: Record<string, string>): Promise<Gateway>;
  close(): Promise<void>;
}

/** Starts what is behind a gateway. */
export async function startGateways(): Promise<Gateways> {
  const [redis, identity, anagrafica, upstream] = await Promise.all([
    privateRedis(),
    startIdentityContract(),
    startAnagrafica(),
    startUpstream(),
  ]);
  const portalDir = await mkdtemp(join(tmpdir(), 'campanella-portal-'));
  await writeFile(join(portalDir, 'index.html'), '<!doctype html><title>Servizi Scolastici</title>');
  const gateways: Process[] = [];
  return {
    ...{ redis, identity, anagrafica, upstream },
    start: async (environment = {}) => {
      const [port, opsPort] = [await freePort(), await freePort()];
      const host = `127.0.0.1:${port}`;
      const gateway = await startProcess({
        entry: ENTRY,
        environment: {
          PORT: `${port}`,
          OPS_PORT: `${opsPort}`,
          PUBLIC_SCHEME: 'http',
          MUNICIPALITY_HOSTS: JSON.stringify({ [host]: 1 }),
          REDIS_URL: redis.url,
          IDENTITY_ADDRESS: identity.address,
          IDENTITY_HTTP_URL: identity.httpUrl,
          ANAGRAFICA_ADDRESS: anagrafica.address,
          ANAGRAFICA_HTTP_URL: upstream.url,
          LEDGER_HTTP_URL: upstream.url,
          ATTENDANCE_HTTP_URL: upstream.url,
          BILLING_HTTP_URL: upstream.url,
          PORTAL_DIR: portalDir,
          SIGN_IN_LIMIT: '1000',
          COMPANY_SIGN_IN_LIMIT: '1000',
          ...environment,
        },
        readyUrl: `http://127.0.0.1:${opsPort}/ready`,
      });
      gateways.push(gateway);
      return { ...gateway, url: `http://${host}`, host };
    },
    close: async () => {
      await Promise.all(gateways.map((gateway) => gateway.kill('SIGTERM')));
      await Promise.all([identity.close(), anagrafica.close(), upstream.close(), redis.close()]);
      await rm(portalDir, { recursive: true });
    },
  };
}

/** Comes back from the provider with a code, as `startIdentityContract` reads it. @returns the answer of the callback */
export async function comeBack(url: string, browser: Browser, code: string, returnTo = '/'): Promise<Answer> {
  await browser.ask(`${url}/login/spid?return=${encodeURIComponent(returnTo)}`);
  const [state] = (browser.cookies.get('campanella_sign_in') ?? '').split('.');
  return browser.ask(`${url}/login/callback?state=${state}&code=${encodeURIComponent(code)}`);
}

/** A browser that has signed in at a gateway, its CSRF token and its cookie. */
export async function signedIn(url: string): Promise<{ browser: Browser; csrfToken: string; cookie: string }> {
  const browser = openBrowser();
  const answer = await comeBack(url, browser, 'ok');
  if (answer.location !== '/') throw new Error(`sign-in answered ${answer.status} ${answer.location}`);
  const session = (await browser.ask(`${url}/api/session`)).json();
  const cookie = `campanella_session=${browser.cookies.get('campanella_session')}`;
  return { browser, csrfToken: String(session['csrfToken']), cookie };
}
