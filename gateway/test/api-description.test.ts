import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { z } from 'zod';
import { publicDescription } from '../src/http/describe.ts';
import { send } from './browser.ts';
import { type Shore, startShore } from './shore.ts';

const SERVICES = ['anagrafica', 'attendance', 'billing', 'ledger'];
const root = new URL('../../', import.meta.url);
const Paths = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

let shore: Shore;

beforeAll(async () => {
  shore = await startShore();
}, 60_000);
afterAll(async () => shore.close());

const committed = async (service: string) =>
  JSON.parse(await readFile(new URL(`services/${service}/openapi.json`, root), 'utf8'));

test('the public description is valid OpenAPI', async () => {
  const answer = await send(`${shore.url}/api/openapi.json`);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
  const result = await new Validator().validate(answer.json());
  expect([result.valid, result.errors]).toEqual([true, undefined]);
});

test('it has every path and method that a service describes, and the gateway’s own', async () => {
  const { paths } = Paths.parse((await send(`${shore.url}/api/openapi.json`)).json());
  for (const service of SERVICES) {
    const own = Paths.parse(await committed(service));
    for (const [path, item] of Object.entries(own.paths)) {
      expect(Object.keys(paths[path] ?? {})).toEqual(Object.keys(item));
      expect(path.startsWith(`/api/${service}/`)).toBe(true);
    }
  }
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(['/api/session', '/api/sign-in-methods', '/login/{method}', '/login/company', '/logout']),
  );
});

test('what it says is public is answered without a session, and what it says is not is refused', async () => {
  const description = (await send(`${shore.url}/api/openapi.json`)).json();
  const { paths } = Paths.parse(description);
  for (const [path, item] of Object.entries(paths)) {
    const get = z
      .looseObject({ security: z.array(z.unknown()).optional() })
      .optional()
      .parse(item['get']);
    if (get === undefined) continue;
    const address = path.replaceAll(/\{\w+\}/g, '01938f00-0000-7000-8000-000000000001');
    const { status } = await send(`${shore.url}${address}`);
    expect([path, status === 401]).toEqual([path, get.security === undefined]);
  }
});

test('a service that describes what is not its own, or what another describes, is noticed', () => {
  const describing = (path: string) => ({
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    paths: { [path]: { get: { responses: { 200: { description: 'ok' } } } } },
  });
  expect(() => publicDescription(new Map([['ledger', describing('/api/anagrafica/pupils')]]))).toThrow('not its own');
  expect(() => publicDescription(new Map([['session', describing('/api/session')]]))).toThrow();
});

test('the page of the APIs is made of our own files alone, compressed, and kept', async () => {
  const page = await send(`${shore.url}/api/docs`);
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const addresses = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
  expect(addresses).toHaveLength(3);
  expect(page.text).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=/);
  for (const address of addresses) {
    expect(address).toMatch(/^\/api\/docs\//);
    const file = await send(`${shore.url}${address}`, { headers: { 'accept-encoding': 'br' } });
    expect([address, file.status, file.headers['content-encoding']]).toEqual([address, 200, 'br']);
    expect(file.headers['cache-control']).toBe(
      address.endsWith('start.js') ? 'no-cache' : 'public, max-age=31536000, immutable',
    );
  }
  expect((await send(`${shore.url}/api/docs/none.js`)).status).toBe(404);
  expect((await send(`${shore.url}/api/docs/`)).status).toBe(404);
});
