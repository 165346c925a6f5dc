import { expect, test } from '@jest/globals';
import { ApiProblem, mayPass, toProblem, troubleOf } from './problem.ts';

test.each([
  [401, { kind: 'signed_out' }, 'signed_out'],
  [401, null, 'signed_out'],
  [404, { kind: 'not_found' }, 'refused'],
  [403, 'forbidden', 'refused'],
  [429, { kind: 'too_many_requests' }, 'too_many'],
  [503, { kind: 'service_away' }, 'away'],
  [500, undefined, 'away'],
])('status %d with body %j is the trouble %s', (status, body, trouble) => {
  expect(troubleOf(toProblem(status, body))).toBe(trouble);
});

test('no answer at all is offline, and any other error is a service that is away', () => {
  expect(troubleOf(new ApiProblem('offline', 0))).toBe('offline');
  expect(troubleOf(new TypeError('x'))).toBe('away');
});

test('a refusal is not asked again, a fault is', () => {
  expect(mayPass(toProblem(404, { kind: 'not_found' }))).toBe(false);
  expect(mayPass(toProblem(401, null))).toBe(false);
  expect(mayPass(toProblem(503, null))).toBe(true);
  expect(mayPass(new ApiProblem('offline', 0))).toBe(true);
});
