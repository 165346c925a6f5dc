import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { eventually, freePort } from '@campanella/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { send } from './browser.ts';
import { type Person, type Shore, startShore } from './shore.ts';
import { sendJson } from './upstream.ts';

const TO_RECOVER = { withinMs: 20_000 };

let shore: Shore;
let person: Person;

beforeAll(async () => {
  shore = await startShore({
    API_LIMIT: '1000000',
    PERSON_LIMIT: '1000000',
    UPSTREAM_READ_WITHIN_MS: '400',
    UPSTREAM_WRITE_WITHIN_MS: '1000',
    UPSTREAM_DEADLINES: '{"attendance":{"readWithinMs":5000,"writeWithinMs":400}}',
  });
  person = await shore.person();
}, 60_000);
afterAll(async () => shore.close());
beforeEach(async () => {
  for (const service of [shore.ledger, shore.attendance, shore.anagrafica]) service.answer = sendJson;
  await eventually(async () => (await ask('/api/ledger/balances')).status === 200, TO_RECOVER);
  for (const service of [shore.ledger, shore.attendance, shore.anagrafica]) service.received.length = 0;
});

const ask = (path: string, method = 'GET') => {
  const change = method === 'GET' ? {} : { 'x-csrf-token': person.csrfToken };
  return send(`${shore.url}${path}`, { method, headers: { cookie: person.cookie, ...change } });
};
const breakerOf = (upstream: string) => shore.metric('campanella_gateway_breaker_state', { upstream });
const repeat = <Value>(times: number, what: () => Promise<Value>) => Promise.all(Array.from({ length: times }, what));

describe('a service that does not answer', () => {
  test('is given up at the deadline of its kind of request, in Italian, without its address', async () => {
    shore.ledger.answer = () => undefined;
    shore.attendance.answer = () => undefined;
    const answers = [await ask('/api/ledger/balances'), await ask('/api/attendance/absences', 'POST')];
    for (const answer of answers) {
      expect([answer.status, answer.json()]).toMatchObject([
        503,
        { kind: 'service_away', title: expect.stringContaining('Servizio') },
      ]);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['retry-after']).toBeDefined();
      expect(answer.text).not.toContain('127.0.0.1');
    }
  });

  test('is not asked again, since its time is over', async () => {
    shore.ledger.answer = () => undefined;
    await ask('/api/ledger/balances');
    expect(shore.ledger.received).toHaveLength(1);
  });

  test('opens its breaker: it is spared, all are told at once, other services go on; one probe closes it again', async () => {
    shore.ledger.answer = () => undefined;
    await repeat(12, () => ask('/api/ledger/balances'));
    expect(await breakerOf('ledger')).toBe(2);
    const before = shore.ledger.received.length;
    shore.ledger.answer = sendJson;

    const spared = await repeat(5, () => ask('/api/ledger/balances'));
    expect(new Set(spared.map(({ status }) => status))).toEqual(new Set([503]));
    expect(shore.ledger.received).toHaveLength(before);
    expect([await breakerOf('anagrafica'), (await ask('/api/anagrafica/pupils')).status]).toEqual([0, 200]);

    await eventually(async () => (await ask('/api/ledger/balances')).status === 200, TO_RECOVER);
    expect(await breakerOf('ledger')).toBe(0);
    expect(shore.ledger.received).toHaveLength(before + 1);
  }, 30_000);

  test('is probed by one request at a time', async () => {
    shore.ledger.answer = () => undefined;
    await repeat(12, () => ask('/api/ledger/balances'));
    const before = shore.ledger.received.length;
    await eventually(async () => {
      await repeat(10, () => ask('/api/ledger/balances'));
      return shore.ledger.received.length > before;
    }, TO_RECOVER);
    expect(shore.ledger.received).toHaveLength(before + 1);
    expect(await breakerOf('ledger')).toBe(2);
  }, 30_000);

  test('fills its own room and no other: two hundred and fifty-six wait for it, the next is told at once', async () => {
    const slow = await startShore({ UPSTREAM_READ_WITHIN_MS: '30000', CONNECTIONS_PER_ADDRESS_MAX: '1000' });
    try {
      const reader = await slow.person();
      const get = (service: string) => send(`${slow.url}/api/${service}/x`, { headers: { cookie: reader.cookie } });
      slow.ledger.answer = () => undefined;
      const waiting = repeat(256, () => get('ledger').catch(() => null));
      await eventually(() => slow.ledger.received.length === 256, { withinMs: 20_000 });
      expect((await get('ledger')).status).toBe(503);
      expect(slow.ledger.received).toHaveLength(256);
      expect((await get('anagrafica')).status).toBe(200);
      await slow.ledger.close();
      await waiting;
    } finally {
      await slow.close();
    }
  }, 60_000);
});

describe('a service that breaks off before its answer', () => {
  const breakOffOnce = () => {
    let calls = 0;
    shore.ledger.answer = (response) => {
      calls += 1;
      if (calls === 1) response.socket?.destroy();
      else sendJson(response);
    };
  };

  test('is asked for a read once more, and nobody notices', async () => {
    breakOffOnce();
    const before = (await shore.metric('campanella_gateway_upstream_retries_total', { upstream: 'ledger' })) ?? 0;
    const answer = await ask('/api/ledger/balances?from=2026-11-01');
    expect([answer.status, answer.text]).toEqual([200, '{"here":true}']);
    expect(shore.ledger.received.map(({ url }) => url)).toEqual(Array(2).fill('/api/ledger/balances?from=2026-11-01'));
    expect(await shore.metric('campanella_gateway_upstream_retries_total', { upstream: 'ledger' })).toBe(before + 1);
  });

  test('is never asked for a change twice', async () => {
    breakOffOnce();
    expect((await ask('/api/ledger/top-ups', 'POST')).status).toBe(503);
    expect(shore.ledger.received).toHaveLength(1);
  });

  test('is asked for a read twice at the most', async () => {
    shore.ledger.answer = (response) => response.socket?.destroy();
    expect((await ask('/api/ledger/balances')).status).toBe(503);
    expect(shore.ledger.received).toHaveLength(2);
  });

  test('gets no more retries than a tenth of its requests and what was in hand', async () => {
    const own = await startShore();
    try {
      const reader = await own.person();
      let calls = 0;
      // Every fourth call fails: the breaker stays closed, and the retries alone are what is bounded.
      own.ledger.answer = (response) => {
        calls += 1;
        if (calls % 4 === 0) response.socket?.destroy();
        else sendJson(response);
      };
      let failed = 0;
      for (let request = 0; request < 200; request += 1) {
        const { status } = await send(`${own.url}/api/ledger/x`, { headers: { cookie: reader.cookie } });
        if (status === 503) failed += 1;
      }
      const retries = await own.metric('campanella_gateway_upstream_retries_total', { upstream: 'ledger' });
      expect(retries).toBeLessThanOrEqual(30);
      expect(retries).toBeGreaterThanOrEqual(20);
      expect(failed).toBeGreaterThan(0);
    } finally {
      await own.close();
    }
  }, 60_000);
});

test('a service that is not there at all is answered for', async () => {
  const own = await startShore({ LEDGER_HTTP_URL: `http://127.0.0.1:${await freePort()}` });
  try {
    const { cookie } = await own.person();
    const get = (path: string) => send(`${own.url}${path}`, { headers: { cookie } });
    expect((await get('/api/ledger/balances')).status).toBe(503);
    expect((await get('/api/anagrafica/pupils')).status).toBe(200);
  } finally {
    await own.close();
  }
}, 60_000);

test('a service that breaks off in the middle gives a broken answer, never a complete wrong one', async () => {
  shore.ledger.answer = (response) => {
    response.setHeader('content-length', '1000');
    response.write('{"balanceCents":1');
    setImmediate(() => response.socket?.destroy());
  };
  await expect(ask('/api/ledger/balances')).rejects.toThrow();
});

test('a page of a fault that no service of ours would write is replaced by ours', async () => {
  shore.ledger.answer = (response) => {
    response.writeHead(502, { 'content-type': 'text/html', server: 'mesh' });
    response.end('<h1>upstream connect error at 10.0.3.4:8083</h1>');
  };
  const answer = await ask('/api/ledger/balances');
  expect([answer.status, answer.json()['kind']]).toEqual([503, 'service_away']);
  expect(answer.text).not.toMatch(/10\.0\.3\.4|upstream/);
});

test("a service's own refusals and faults pass as they are, and do not open its breaker", async () => {
  shore.ledger.answer = (response) => {
    response.writeHead(503, { 'content-type': 'application/problem+json' });
    response.end('{"type":"about:blank","title":"Il saldo non è disponibile","status":503,"kind":"unavailable"}');
  };
  const answers = await repeat(30, () => ask('/api/ledger/balances'));
  expect(new Set(answers.map(({ status, text }) => `${status} ${JSON.parse(text).kind}`))).toEqual(
    new Set(['503 unavailable']),
  );
  expect(await breakerOf('ledger')).toBe(0);
});

test('browsers that give up do not open the breaker of a service', async () => {
  shore.attendance.answer = () => undefined;
  const given = repeat(30, async () => {
    const controller = new AbortController();
    const reached = shore.attendance.received.length;
    const answer = fetch(`${shore.url}/api/attendance/x`, {
      headers: { cookie: person.cookie },
      signal: controller.signal,
    }).catch(() => 'given up');
    await eventually(() => shore.attendance.received.length > reached, { withinMs: 5_000 });
    controller.abort();
    return answer;
  });
  expect(new Set(await given)).toEqual(new Set(['given up']));
  await eventually(
    async () => (await shore.metric('campanella_gateway_upstream_requests', { upstream: 'attendance' })) === 0,
    { withinMs: 5_000 },
  );
  expect(await breakerOf('attendance')).toBe(0);
});

test('for a browser that left while its session was read no service works', async () => {
  const redis = new Redis(shore.redis.url);
  const labels = { upstream: 'ledger', fault: 'client_gone' };
  const gone = async () => (await shore.metric('campanella_gateway_upstream_faults_total', labels)) ?? 0;
  const before = await gone();
  const [hostname = '', port = ''] = shore.host.split(':');
  const leave = async () => {
    // Nothing is answered by Redis meanwhile, so that the request is on its way when its connection goes.
    await redis.client('PAUSE', 400);
    const browser = connect({ host: hostname, port: Number(port) });
    await new Promise((resolve) => {
      browser.write(`GET /api/ledger/x HTTP/1.1\r\nHost: ${shore.host}\r\nCookie: ${person.cookie}\r\n\r\n`, resolve);
    });
    await send(`${shore.url}/`);
    browser.destroy();
    // Answered after the pause.
    await redis.ping();
    return (await gone()) > before;
  };
  try {
    await eventually(leave, { withinMs: 15_000 });
    expect(shore.ledger.received).toHaveLength(0);
  } finally {
    redis.disconnect();
  }
}, 30_000);

describe('an answer', () => {
  test('of 8 MB arrives whole, also at a browser that reads slowly', async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    shore.ledger.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/pdf', 'content-disposition': 'attachment' });
      response.end(bytes);
    };
    const answer = await fetch(`${shore.url}/api/ledger/x`, { headers: { cookie: person.cookie } });
    expect(answer.headers.get('content-disposition')).toBe('attachment');
    const hash = createHash('sha256');
    for await (const chunk of answer.body ?? []) {
      hash.update(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test.each([
    ['HEAD', 200],
    ['GET', 304],
    ['GET', 204],
  ])('to %s with %i has its headers and no body, and the connection goes on', async (method, status) => {
    shore.ledger.answer = (response) => {
      response.writeHead(status, { etag: '"v1"', ...(method === 'HEAD' ? { 'content-length': '13' } : {}) });
      response.end();
    };
    const headers = { cookie: person.cookie, 'if-none-match': '"v1"' };
    for (let round = 0; round < 3; round += 1) {
      const answer = await send(`${shore.url}/api/ledger/x`, { method, headers });
      expect([answer.status, answer.text, answer.headers['etag'], answer.headers['cache-control']]).toEqual([
        status,
        '',
        '"v1"',
        'no-store',
      ]);
    }
    expect(shore.ledger.received.map((received) => received.headers['if-none-match'])).toEqual(Array(3).fill('"v1"'));
  });

  test('that stands still in the middle is broken off, and gives its room back', async () => {
    shore.ledger.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"here":');
    };
    await expect(ask('/api/ledger/x')).rejects.toThrow();
    expect(await shore.metric('campanella_gateway_upstream_requests', { upstream: 'ledger' })).toBe(0);
  }, 30_000);
});
