import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Authority, type IssuedCertificate, makeAuthority } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { verifyRequest } from './node.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';

const NODE_NAME = 'nodo.pagopa.example';
let billing: RunningBilling;
let folder: string;
let authority: Authority;
let servers: Authority;
let url: string;

beforeAll(async () => {
  [billing, authority, servers] = await Promise.all([runBilling(), makeAuthority('Autorita'), makeAuthority('Server')]);
  const server = await servers.issue({ commonName: '127.0.0.1', usage: 'serverAuth' });
  folder = await mkdtemp(join(tmpdir(), 'campanella-node-'));
  const at = (name: string) => join(folder, name);
  await writeFile(at('server.pem'), server.cert);
  await writeFile(at('server.key'), server.key);
  await writeFile(at('ca.pem'), authority.pem);
  const replica = await billing.startReplica({
    PAGOPA_TLS_CERT_FILE: at('server.pem'),
    PAGOPA_TLS_KEY_FILE: at('server.key'),
    PAGOPA_TLS_CLIENT_CA_FILE: at('ca.pem'),
    PAGOPA_TLS_CLIENT_NAMES: `other.example, ${NODE_NAME}`,
  });
  url = replica.nodeUrl.replace('http:', 'https:');
}, 120_000);

afterAll(async () => {
  await billing?.close();
  await rm(folder, { recursive: true });
}, 60_000);

function ask(shown?: IssuedCertificate): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      {
        method: 'POST',
        ca: servers.pem,
        agent: false,
        ...(shown === undefined ? {} : { cert: shown.cert, key: shown.key }),
      },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    );
    asking.on('error', reject);
    asking.end(verifyRequest({ noticeNumber: '301000000000000144' }));
  });
}

test('the node is heard with its certificate', async () => {
  const answer = await ask(await authority.issue({ commonName: NODE_NAME }));
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('PAA_PAGAMENTO_SCONOSCIUTO');
});

test('a certificate of the same authority for another name is told no more than that', async () => {
  const answer = await ask(await authority.issue({ commonName: 'somebody.example' }));
  expect(answer.status).toBe(403);
  expect(answer.body).not.toContain('PAA_');
});

test.each<[string, () => Promise<IssuedCertificate | undefined>]>([
  ['no certificate', async () => undefined],
  ['a certificate of another authority', async () => (await makeAuthority('Altra')).issue({ commonName: NODE_NAME })],
  ['an expired certificate', () => authority.issue({ commonName: NODE_NAME, validDays: -1 })],
])('with %s the handshake fails', async (_name, issue) => {
  await expect(ask(await issue())).rejects.toThrow();
});
