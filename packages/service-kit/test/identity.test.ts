import { testIdentity } from '@campanella/testkit';
import { id, numberId, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { createHttpApp, createLogger, finishHttpApp, httpServer, identityOf, requireIdentity } from '../src/index.ts';

const PUPIL = id<PupilId>('0190b1f0-0000-7000-8000-000000000002');
const SUBJECT = '0190b1f0-0000-7000-8000-000000000001';
const CLAIMS = { municipality_id: 1, role: 'guardian', pupil_ids: [] };
const logger = createLogger({ service: 'test', level: 'silent' });
let signer: Awaited<ReturnType<typeof testIdentity>>;
let server: ReturnType<typeof httpServer>;

async function guarded(jwksUrl: string): Promise<ReturnType<typeof httpServer>> {
  const app = createHttpApp({ logger, service: 'test' });
  app.get('/me', requireIdentity({ jwksUrl }), (_request, response) => void response.json(identityOf(response)));
  finishHttpApp(app);
  const started = httpServer({ host: '127.0.0.1', port: 0, app, logger });
  await started.start();
  return started;
}

beforeAll(async () => {
  signer = await testIdentity();
  server = await guarded(signer.jwksUrl);
});
afterAll(async () => {
  await server.stop();
  await signer.close();
});

const ask = (authorization: string | null, of = server) =>
  fetch(`http://${of.address}/me`, { headers: authorization === null ? {} : { authorization } });

test('a valid token says who asks', async () => {
  const token = await signer.tokenFor({ municipalityId: numberId(7), role: 'guardian', pupilIds: [PUPIL] });
  const response = await ask(`Bearer ${token}`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ municipalityId: 7, role: 'guardian', pupilIds: [PUPIL] });
});

const signedBySomebody = async (kid: string) => {
  const { privateKey } = await generateKeyPair('EdDSA');
  const jwt = new SignJWT(CLAIMS).setProtectedHeader({ alg: 'EdDSA', kid }).setIssuer('campanella-identity');
  return jwt.setAudience('campanella').setSubject(SUBJECT).setIssuedAt().setExpirationTime('5m').sign(privateKey);
};

const BAD: readonly (readonly [string, () => Promise<string | null>])[] = [
  ['no token', async () => null],
  ['a token of another scheme', async () => `Basic ${await signer.tokenFor({})}`],
  ['garbage', async () => 'Bearer a.b.c'],
  ['another audience', async () => `Bearer ${await signer.tokenFor({}, { audience: 'elsewhere' })}`],
  ['another issuer', async () => `Bearer ${await signer.tokenFor({}, { issuer: 'somebody' })}`],
  ['an expired token', async () => `Bearer ${await signer.tokenFor({}, { expiresIn: '-1m' })}`],
  ['a person who is no UUID', async () => `Bearer ${await signer.tokenFor({ personId: 'x' as never })}`],
  ['a municipality that is no number', async () => `Bearer ${await signer.tokenFor({ municipalityId: '1' as never })}`],
  ['a role that we do not have', async () => `Bearer ${await signer.tokenFor({ role: 'admin' as never })}`],
  ['the key of somebody else under our name', async () => `Bearer ${await signedBySomebody('test')}`],
  ['a key that nobody has', async () => `Bearer ${await signedBySomebody('nobody')}`],
  [
    'no signature',
    async () =>
      `Bearer ${new UnsecuredJWT(CLAIMS)
        .setIssuer('campanella-identity')
        .setAudience('campanella')
        .setSubject(SUBJECT)
        .setIssuedAt()
        .setExpirationTime('5m')
        .encode()}`,
  ],
];

test.each(BAD)('%s is the same 401', async (_name, authorization) => {
  const response = await ask(await authorization());
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ kind: 'signed_out', status: 401 });
});

test('keys that cannot be had sign nobody out', async () => {
  const other = await testIdentity();
  const token = await other.tokenFor({});
  await other.close();
  const cutOff = await guarded(other.jwksUrl);
  expect((await ask(`Bearer ${token}`, cutOff)).status).toBe(503);
  await cutOff.stop();
});
