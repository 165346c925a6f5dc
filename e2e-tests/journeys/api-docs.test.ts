import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { complaintsOf } from '../src/browser.ts';
import { openStage, type Stage } from '../src/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(process.env);
}, 60_000);

afterAll(async () => {
  await stage?.close();
});

test('whoever builds on the APIs finds those of all services on one page, which needs nothing from elsewhere', async () => {
  const page = await stage.visitor();
  const complaints = complaintsOf(page);
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(stage.run.gatewayUrl) && !request.url().startsWith('data:'))
      elsewhere.push(request.url());
  });
  await page.goto(new URL('/api/docs', stage.run.gatewayUrl).href);
  for (const service of ['gateway', 'anagrafica', 'attendance', 'billing', 'ledger']) {
    await page.locator(`#operations-tag-${service}`).waitFor();
  }
  await page.locator('.opblock-summary', { hasText: '/api/session' }).click();
  await page.locator('.opblock-body', { hasText: 'Responses' }).waitFor();
  expect(complaints).toEqual([]);
  expect(elsewhere).toEqual([]);
}, 60_000);
