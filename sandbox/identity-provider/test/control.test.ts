import { freePort, startProcess } from '@campanella/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import type { ServerMetadata } from 'openid-client';
import { choose } from './citizen.ts';
import { resolveProvider } from './relying-party.ts';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(async () => world.close());
afterEach(() => order('DELETE', '/entities'));

const order = (method: string, path: string, body?: unknown) =>
  fetch(world.control + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const configuration = (entity: string) => `${entity}/.well-known/openid-federation`;
const resolved = () => resolveProvider(world.agid, world.alfa);
const signIn = async (provider: ServerMetadata) => {
  const begun = await world.party.begin(provider);
  return world.party.redeem(provider, begun, await choose(begun.url, { username: 'aurora.esempio' }));
};
const kidsOf = (provider: ServerMetadata) =>
  (provider['jwks'] as { keys: { kid: string }[] }).keys.map((key) => key.kid);

test('an entity can be down in two ways, and the others are not', async () => {
  await order('PUT', '/entities/alfa', { down: '503' });
  expect((await fetch(configuration(world.alfa))).status).toBe(503);
  await order('PUT', '/entities/alfa', { down: 'closed' });
  await expect(fetch(configuration(world.alfa))).rejects.toThrow('fetch failed');
  expect((await fetch(configuration(world.cie))).status).toBe(200);
  await order('DELETE', '/entities/alfa');
  expect((await fetch(configuration(world.alfa))).status).toBe(200);
});

test('an end point can be down alone', async () => {
  await order('PUT', '/entities/alfa', { down: '503', paths: ['/token'] });
  expect((await fetch(configuration(world.alfa))).status).toBe(200);
  await expect(signIn(await resolved())).rejects.toThrow();
});

test('an entity can be slow: whoever waits less goes without', async () => {
  await order('PUT', '/entities/agid', { delayMs: 60_000 });
  const answer = fetch(configuration(world.agid), { signal: AbortSignal.timeout(300) });
  await expect(answer).rejects.toMatchObject({ name: 'TimeoutError' });
  await order('PUT', '/entities/agid', { delayMs: 1 });
  expect((await fetch(configuration(world.agid))).status).toBe(200);
});

test('a provider that cannot reach its anchor refuses whom it does not know yet', async () => {
  const beta = await resolveProvider(world.agid, `${world.base}/spid/beta`);
  await order('PUT', '/entities/agid', { down: 'closed' });
  const { url } = await world.party.begin(beta);
  const answer = await fetch(url, { redirect: 'manual' });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('temporarily_unavailable')]);
});

test('keys rotate: the new one signs, the old one stays published, a sign-in under way is finished', async () => {
  const before = await resolved();
  const begun = await world.party.begin(before);
  const callback = await choose(begun.url, { username: 'aurora.esempio' });
  await order('POST', '/entities/alfa/rotate-keys');
  const after = await resolved();
  expect(kidsOf(after)).toEqual([expect.any(String), ...kidsOf(before)]);
  const { tokens } = await world.party.redeem(after, begun, callback);
  expect(decodeProtectedHeader(tokens.id_token ?? '').kid).toBe(kidsOf(after)[0]);
});

test('keys rotate hard: the old one is gone, and tokens that it signed are no use', async () => {
  const before = await resolved();
  const { tokens } = await signIn(before);
  await order('POST', '/entities/alfa/rotate-keys', { keepOld: false });
  const after = await resolved();
  expect(kidsOf(after)).toHaveLength(1);
  expect(kidsOf(before)).not.toContain(kidsOf(after)[0]);
  expect((await world.party.userinfo(after, tokens.access_token)).status).toBe(401);
});

test('the next key can be published before it signs', async () => {
  const before = await resolved();
  await order('POST', '/entities/alfa/rotate-keys', { announceOnly: true });
  const between = await resolved();
  expect(kidsOf(between)).toEqual([...kidsOf(before), expect.any(String)]);
  expect(decodeProtectedHeader((await signIn(between)).tokens.id_token ?? '').kid).toBe(kidsOf(before)[0]);
  await order('POST', '/entities/alfa/rotate-keys');
  // Whoever knew the announced key needs to read nothing again.
  expect(decodeProtectedHeader((await signIn(between)).tokens.id_token ?? '').kid).toBe(kidsOf(between).at(-1));
});

test('what the control does not understand is refused', async () => {
  expect((await order('PUT', '/entities/delta', {})).status).toBe(404);
  expect((await order('PUT', '/entities/alfa', { down: 'maybe' })).status).toBe(422);
  expect((await order('PUT', '/entities/alfa', { delayMs: -1 })).status).toBe(422);
  expect((await order('POST', '/entities/agid/rotate-keys')).status).toBe(422);
  expect(await (await order('GET', '/entities')).json()).toMatchObject({ alfa: { delayMs: 0, down: 'no', paths: [] } });
});

test('without CONTROL_PORT nothing can be scripted, and without RELYING_PARTIES nobody registers', async () => {
  const [port, ops] = [await freePort(), await freePort()];
  const alone = await startProcess({
    entry: new URL('../src/main.ts', import.meta.url),
    environment: {
      HTTP_PORT: `${port}`,
      OPS_PORT: `${ops}`,
      CLIENT_JWKS_URL: `${world.party.id}/jwks.json`,
      REDIRECT_URIS: `${world.party.id}/login/callback`,
      POST_LOGOUT_REDIRECT_URIS: `${world.party.id}/`,
    },
    readyUrl: `http://127.0.0.1:${ops}/ready`,
  });
  const base = `http://127.0.0.1:${port}`;
  expect((await fetch(`${base}/entities`)).status).toBe(404);
  expect(await (await fetch(`${base}/agid/list?entity_type=openid_relying_party`)).json()).toEqual([]);
  expect((await fetch(`${base}/.well-known/openid-configuration`)).status).toBe(200);
  await alone.kill('SIGTERM');
});
