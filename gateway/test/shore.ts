import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@campanella/service-kit';
import { freePort, privateRedis, startProcess } from '@campanella/testkit';
import { SESSION_LONGEST_MS } from '../src/domain/session.ts';
import { openRedis } from '../src/store/redis.ts';
import { redisSessions } from '../src/store/redis-sessions.ts';
import { type Anagrafica, startAnagrafica } from './anagrafica.ts';
import { type IdentityContract, startIdentityContract } from './identity-contract.ts';
import { makePortal } from './portal-files.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A person who is signed in: what their browser sends. */
export interface Person {
  readonly cookie: string;
  readonly csrfToken: string;
}

/** The gateway as a process, with services on sockets that the test rules, and sessions made in its Redis: everything but signing in. */
export interface Shore {
  readonly url: string;
  readonly host: string;
  /** The host of municipality 2. */
  readonly otherHost: string;
  readonly opsUrl: string;
  readonly gateway: Awaited<ReturnType<typeof startProcess>>;
  readonly redis: Awaited<ReturnType<typeof privateRedis>>;
  readonly identity: IdentityContract;
  readonly anagraficaGrpc: Anagrafica;
  readonly ledger: Upstream;
  readonly anagrafica: Upstream;
  readonly attendance: Upstream;
  /** Requests that reached any service. */
  reached(): number;
  /** Signs somebody in. @param personId who; a new person each time by default */
  person(personId?: string): Promise<Person>;
  /** A metric's value; null where there is none with these labels. */
  metric(name: string, labels: Readonly<Record<string, string>>): Promise<number | null>;
  close(): Promise<void>;
}

/** Starts it. @param environment more for the gateway */
export async function startShore(environment: Readonly<Record<string, string>> = {}): Promise<Shore> {
  const [port, opsPort] = await Promise.all([freePort(), freePort()]);
  const host = `127.0.0.1:${port}`;
  const otherHost = `localhost:${port}`;
  const portalDir = await mkdtemp(join(tmpdir(), 'campanella-portal-'));
  const [redis, identity, anagraficaGrpc, ledger, anagrafica, attendance] = await Promise.all([
    privateRedis(),
    startIdentityContract(),
    startAnagrafica(),
    startUpstream(),
    startUpstream(),
    startUpstream(),
    makePortal(portalDir),
  ]);
  const gateway = await startProcess({
    entry: join(ROOT, 'gateway/src/main.ts'),
    environment: {
      PORT: `${port}`,
      OPS_PORT: `${opsPort}`,
      PUBLIC_SCHEME: 'http',
      MUNICIPALITY_HOSTS: JSON.stringify({ [host]: 1, [otherHost]: 2 }),
      REDIS_URL: redis.url,
      IDENTITY_ADDRESS: identity.address,
      IDENTITY_HTTP_URL: identity.httpUrl,
      ANAGRAFICA_ADDRESS: anagraficaGrpc.address,
      ANAGRAFICA_HTTP_URL: anagrafica.url,
      LEDGER_HTTP_URL: ledger.url,
      ATTENDANCE_HTTP_URL: attendance.url,
      BILLING_HTTP_URL: attendance.url,
      PORTAL_DIR: portalDir,
      ...environment,
    },
    readyUrl: `http://127.0.0.1:${opsPort}/ready`,
  });
  const connection = openRedis(redis.url, createLogger({ service: 'test', level: 'error' }));
  await connection.start();
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  const upstreams = [ledger, anagrafica, attendance];
  return {
    ...{
      url: `http://${host}`,
      host,
      otherHost,
      opsUrl,
      gateway,
      redis,
      identity,
      anagraficaGrpc,
      ledger,
      anagrafica,
      attendance,
    },
    reached: () => upstreams.reduce((sum, { received }) => sum + received.length, 0),
    person: async (personId = randomUUID()) => {
      const csrfToken = randomUUID();
      const sessionId = await redisSessions(connection.redis).open({
        ...{ municipalityId: 1, personId, displayName: 'Aurora Esempio', signInId: randomUUID(), csrfToken },
        endsAt: new Date(Date.now() + SESSION_LONGEST_MS),
      });
      return { cookie: `campanella_session=${sessionId}`, csrfToken };
    },
    metric: async (name, labels) => {
      const text = await (await fetch(`${opsUrl}/metrics`)).text();
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const line = text
        .split('\n')
        .find((candidate) => candidate.startsWith(`${name}{`) && wanted.every((label) => candidate.includes(label)));
      return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ') + 1));
    },
    close: async () => {
      await gateway.kill('SIGTERM');
      await connection.stop();
      await Promise.all([redis, identity, anagraficaGrpc, ...upstreams].map((part) => part.close()));
      await rm(portalDir, { recursive: true });
    },
  };
}
