import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServerMetadata } from 'openid-client';
import { choose, openBrowser } from './citizen.ts';
import { FISCAL_NUMBER, LEVEL_1, LEVEL_2, resolveProvider } from './relying-party.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let alfa: ServerMetadata;
let cie: ServerMetadata;

beforeAll(async () => {
  world = await startWorld();
  [alfa, cie] = await Promise.all([resolveProvider(world.agid, world.alfa), resolveProvider(world.interno, world.cie)]);
}, 60_000);
afterAll(async () => world.close());

const answerOf = async (outcome: string, provider = alfa) => {
  const begun = await world.party.begin(provider);
  return { begun, callback: new URL(await choose(begun.url, { outcome })) };
};

test.each([19, 20, 21, 22, 23, 25])('the citizen can meet SPID error %i, at SPID and at CIE', async (code) => {
  for (const provider of [alfa, cie]) {
    const { begun, callback } = await answerOf(`nr${code}`, provider);
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({
      error: 'access_denied',
      error_description: expect.stringMatching(new RegExp(`^ErrorCode nr${code} [\\x20-\\x7e]+$`)),
      state: begun.state,
    });
    expect(callback.searchParams.get('code')).toBeNull();
  }
});

test('giving up is error 25', async () => {
  const begun = await world.party.begin(alfa);
  const callback = new URL(await choose(begun.url, 'cancel'));
  expect(callback.searchParams.get('error_description')).toMatch(/^ErrorCode nr25 /);
});

test.each([
  ['unknown_code', 'access_denied', /^ErrorCode nr99 /],
  ['malformed', 'errore_inventato', /^<b>ErrorCode nrXX<\/b>$/],
  ['unavailable', 'temporarily_unavailable', /./],
])('the provider can answer %s', async (outcome, error, description) => {
  const { callback } = await answerOf(outcome);
  expect(callback.searchParams.get('error')).toBe(error);
  expect(callback.searchParams.get('error_description')).toMatch(description);
});

test('a citizen of another state has a name and no codice fiscale', async () => {
  const { begun, callback } = await answerOf('eidas');
  const { userinfo } = await world.party.redeem(alfa, begun, callback.href);
  expect(userinfo).toMatchObject({ given_name: 'Fjord', family_name: 'Ohneland' });
  expect(userinfo).not.toHaveProperty([FISCAL_NUMBER]);
});

test("a legal person has the company's claims and no codice fiscale of a person", async () => {
  const { begun, callback } = await answerOf('legal_person');
  const { userinfo } = await world.party.redeem(alfa, begun, callback.href);
  expect(userinfo).toMatchObject({
    'https://attributes.eid.gov.it/company_name': 'Mense Immaginarie S.r.l.',
    'https://attributes.eid.gov.it/vat_number': expect.stringMatching(/^VATIT-\d{11}$/),
    'https://attributes.eid.gov.it/company_fiscal_number': expect.stringMatching(/^TINIT-\d{11}$/),
  });
  expect(userinfo).not.toHaveProperty([FISCAL_NUMBER]);
});

test.each([() => alfa, () => cie])('a provider can answer with a level below the one asked', async (provider) => {
  const { begun, callback } = await answerOf('level_too_low', provider());
  expect(begun.url.searchParams.get('acr_values') ?? LEVEL_2).toBe(LEVEL_2);
  expect((await world.party.redeem(provider(), begun, callback.href)).idToken['acr']).toBe(LEVEL_1);
});

test('CIE knows natural persons alone', async () => {
  const begun = await world.party.begin(cie);
  const browser = openBrowser();
  const page = (await browser.ask(begun.url.href)).location ?? '';
  for (const outcome of ['eidas', 'legal_person', 'no_such_outcome']) {
    expect((await browser.ask(`${page}/outcome`, { outcome })).status).toBe(422);
  }
});

test('nobody signs in as somebody who is not on the page', async () => {
  const begun = await world.party.begin(alfa);
  const browser = openBrowser();
  const page = (await browser.ask(begun.url.href)).location ?? '';
  for (const username of ['fjord.ohneland', 'mense.immaginarie', 'nobody']) {
    expect((await browser.ask(`${page}/login`, { username })).status).toBe(422);
  }
});

test("another browser's interaction is no use", async () => {
  const begun = await world.party.begin(alfa);
  const page = (await openBrowser().ask(begun.url.href)).location ?? '';
  expect((await openBrowser().ask(page)).status).toBe(400);
  expect((await openBrowser().ask(`${page}/login`, { username: 'aurora.esempio' })).status).toBe(400);
});

test('the page runs no script, takes one style sheet, cannot be framed, and is not kept', async () => {
  const browser = openBrowser();
  const page = await browser.ask((await browser.ask((await world.party.begin(alfa)).url.href)).location ?? '');
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.text).toContain('<html lang="it">');
  expect(page.text).not.toMatch(/<script|<style|style=|onclick/);
  const style = await browser.ask(new URL('/style.css', world.base).href);
  expect([style.status, style.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/css')]);
});
