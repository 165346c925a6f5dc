import fc from 'fast-check';
import { type Question, questionOf } from '../src/asking.ts';
import type { Operation, Parameter } from '../src/operations.ts';

/** A word in what is sent that no answer may hold. */
export const MARK = 'ECO7f3a';

const TEXTS = [
  ...['', ' ', '0', '-1', '1e309', '1.5', 'NaN', 'null', 'true', '[]', '{}', '9007199254740993', '9'.repeat(40)],
  ...['\0', `a\0${MARK}`, '%00', '%', '%E0%A4%A', '../../etc/passwd', `__proto__`, 'constructor', 'toString'],
  ...[
    `' or 1=1 -- ${MARK}`,
    `<script>alert('${MARK}')</script>`,
    `\${${MARK}}`,
    `{{${MARK}}}`,
    `${MARK}\r\nset-cookie: a=b`,
  ],
  ...[
    `\u202e${MARK}\u202c`,
    `\ufeff${MARK}`,
    `\u{1f468}\u200d\u{1f469}${MARK}`,
    `e\u0301${MARK}`,
    `${MARK}${'x'.repeat(3_000)}`,
  ],
  ...['2026-02-30', '0000-00-00', '0000-01-01', '0001-01-01', '0099-12-31', '9999-12-31', '10000-01-01', '2026-13-01'],
  ...['2025-02-29', '2026-1-1', '-000001-01-01', '2026-11-28T00:00:00Z', '28/11/2026'],
  ...[
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '0198F3A0-0000-7000-8000-00000000000A',
  ],
  // Shapes of cursors, with what no cursor of ours holds.
  ...['0.0', '999999999999999.999999999999999', '999999999999999.0198f3a0-0000-7000-8000-00000000000a'],
  ...['9999-12-31.9999.999999999', '9999-12-31.0198f3a0-0000-7000-8000-00000000000a', '0000-01-01.0000.0'],
  ...['9999-12-31T23:59:59.999Z~0198f3a0-0000-7000-8000-00000000000a~\0'],
  ...['0000-01-01T00:00:00.000Z~0198f3a0-0000-7000-8000-00000000000a~record'],
  Buffer.from(`\0\n${MARK}\n0198f3a0-0000-7000-8000-00000000000a`).toString('base64url'),
];

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }).map((one) => one.toWellFormed()) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }).map((one) => `${one}${MARK}`) },
);

const json = fc.oneof(
  { weight: 3, arbitrary: text },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      ...[null, true, 0, -0, -1, 0.1, 1e308, -1e308, 2 ** 53, 2 ** 31, 2 ** 63, [], {}, [[]], [null], [MARK, MARK]],
      ...[Array.from({ length: 500 }, () => MARK), { [MARK]: MARK }, { toString: MARK }, { length: -1 }],
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
);

/** Bodies that no field-by-field change makes. */
const RAW_BODIES = [
  ...['', '{', 'null', '[]', '0', `"${MARK}"`, `{"${MARK}":1}`, `{"__proto__":{"pupilIds":["${MARK}"]},"${MARK}":1}`],
  ...[
    `{"constructor":{"prototype":{"${MARK}":1}}}`,
    `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
    `{"a":"\\ud800${MARK}"}`,
  ],
  ...[`\ufeff{}`, `<x>${MARK}</x>`, `{"a":1,"a":2}`, `{"a":"${'x'.repeat(70_000)}"}`],
];
const CONTENT_TYPES = [
  ...['application/json', 'application/json; charset=utf-16', 'application/json; charset=no-such', 'text/plain'],
  ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', `text/${MARK}`],
];

/** Questions in which some values are what an operation asks for and others are anything at all. */
export function hostileQuestions(operation: Operation, valid: Parameters<typeof questionOf>): fc.Arbitrary<Question> {
  const usual = questionOf(...valid);
  const body = hostileBody(operation, usual);
  return fc
    .record({ path: hostilePath(operation, usual), query: hostileQuery(operation, usual), body })
    .map(({ path, query, body: [contentType, content] }) => ({
      method: operation.method,
      path: query === '' ? path : `${path}?${query}`,
      ...{ contentType, body: content },
    }));
}

const byPlace = ({ parameters }: Operation, place: Parameter['in']) => parameters.filter((one) => one.in === place);

/** One's own value more often than anything else, so that what lies behind the first check is reached too. */
function orAnything<Own>(own: Own, anything: fc.Arbitrary<Own>): fc.Arbitrary<Own> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(own) }, { weight: 1, arbitrary: anything });
}

function hostilePath(operation: Operation, usual: Question): fc.Arbitrary<string> {
  const [path = ''] = usual.path.split('?');
  const own = path.split('/');
  const segments = operation.path
    .split('/')
    .map((segment, index) =>
      segment.startsWith('{') ? orAnything(own[index] ?? '', text.map(encodeURIComponent)) : fc.constant(segment),
    );
  return fc.tuple(...segments).map((words) => words.join('/'));
}

function hostileQuery(operation: Operation, usual: Question): fc.Arbitrary<string> {
  const given = new URLSearchParams(usual.path.split('?')[1] ?? '');
  const pairs = byPlace(operation, 'query').map(({ name }) => {
    const own = given.get(name);
    const hostile = fc.oneof(
      { weight: 4, arbitrary: text.map((one) => [[name, one]]) },
      {
        weight: 1,
        arbitrary: fc.tuple(text, text).map(([one, two]) => [
          [name, one],
          [name, two],
        ]),
      },
      { weight: 1, arbitrary: fc.constantFrom([[`${name}[]`, MARK]], [[`${name}[${MARK}]`, MARK]], []) },
    );
    return orAnything(own === null ? [] : [[name, own]], hostile);
  });
  const strange = orAnything<string[][]>(
    [],
    text.map((one) => [
      [one, one],
      ['__proto__', MARK],
    ]),
  );
  return fc.tuple(...pairs, strange).map((all) => new URLSearchParams(all.flat() as [string, string][]).toString());
}

function hostileBody(operation: Operation, usual: Question): fc.Arbitrary<readonly [string | null, Question['body']]> {
  const fields = byPlace(operation, 'body');
  if (operation.body === null) return fc.constant([usual.contentType, usual.body] as const);
  const own: Readonly<Record<string, unknown>> = JSON.parse(String(usual.body));
  const changed = fc
    .tuple(
      fc.record(Object.fromEntries(fields.map(({ name }) => [name, orAnything<unknown>(own[name], json)]))),
      orAnything<Record<string, unknown>>(
        {},
        json.map((one) => ({ [MARK]: one })),
      ),
    )
    .map(([usualFields, strange]) => ['application/json', JSON.stringify({ ...usualFields, ...strange })] as const);
  const raw = fc.tuple(fc.constantFrom(...CONTENT_TYPES), fc.constantFrom(...RAW_BODIES));
  return fc.oneof({ weight: 4, arbitrary: changed }, { weight: 1, arbitrary: raw });
}
