import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { isIdentifier, isMadeByCaller, type Operation, readOperations, type Schema } from './operations.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Lists that end by themselves, and why. */
const ENDS_BY_ITSELF: Readonly<Record<string, string>> = {
  'GET /api/anagrafica/pupils': 'one’s own pupils: the token names at most 100',
  'GET /api/anagrafica/pupils/{pupilId}': 'badges and enrolments of one pupil, over its years at school',
  'GET /api/anagrafica/office/pupils/{pupilId}': 'the same, for the office',
  'GET /api/anagrafica/office/households/{householdId}': 'the pupils and guardians of one household',
  'GET /api/attendance/pupils/{pupilId}/absence-notice': 'the types of one school, and extensions of the next days',
  'POST /api/attendance/pupils/{pupilId}/absences': 'a line for each day that was asked for: at most 62',
  'GET /api/attendance/office/schools': 'the schools of one municipality',
  'GET /api/attendance/office/kitchen-count': 'sittings, classes and diets of one school',
  'GET /api/attendance/office/day': 'at most a line for each pupil of one school',
  'GET /api/billing/top-up-rules': 'the services of one municipality',
  'POST /api/billing/office/cases/{caseId}/lines': 'what people decided about one case',
  'GET /api/ledger/balances': 'one’s own pupils’ accounts: the token names at most 100',
};

/** Whether an answer holds a list that grows; a list within a line of a list is bounded by its line. */
function holdsList({ answer }: Operation): boolean {
  return answer !== null && (answer.type === 'array' || Object.values(answer.properties ?? {}).some(isList));
}

function isList({ type, anyOf = [] }: Schema): boolean {
  return type === 'array' || anyOf.some(isList);
}

test.each(
  readOperations()
    .filter(holdsList)
    .map((operation) => [operation.key, operation] as const),
)('%s answers its list page by page, or a list that ends by itself', (key, { parameters, answer }) => {
  const limit = parameters.find(({ name }) => name === 'limit');
  const isPaged =
    limit !== undefined &&
    parameters.some(({ name }) => name === 'cursor') &&
    'nextCursor' in (answer?.properties ?? {});
  if (key in ENDS_BY_ITSELF) {
    expect(isPaged).toBe(false);
  } else {
    expect({ key, isPaged }).toEqual({ key, isPaged: true });
    expect(limit?.schema).toMatchObject({ minimum: 1, maximum: 100 });
  }
});

test('what is said to end by itself is there', () => {
  const keys = readOperations().map(({ key }) => key);
  expect(Object.keys(ENDS_BY_ITSELF).filter((key) => !keys.includes(key))).toEqual([]);
});

test('every route behind the gateway is described, so that nothing escapes what walks the descriptions', () => {
  const routed = globSync('services/*/src/http/*.ts', { cwd: ROOT })
    .map((file) => readFileSync(`${ROOT}${file}`, 'utf8'))
    .flatMap((source) => [...source.matchAll(/\.(?:get|post|put|delete|patch|route)\(\s*'(\/api\/[^']+)'/g)])
    .map(([, path = '']) => path.replaceAll(/:(\w+)/g, '{$1}'));
  const described = readOperations().map(({ path }) => path);
  expect([...new Set(routed)].sort()).toEqual([...new Set(described)].sort());
});

test('what names somebody’s own is told from what does not, and from what the caller makes', () => {
  const orderTopUp = readOperations().find(({ key }) => key === 'POST /api/billing/top-ups');
  const identifiers = orderTopUp?.parameters.filter(isIdentifier) ?? [];
  expect(identifiers.map(({ name }) => name)).toEqual(['orderId', 'pupilId', 'badgeNumber']);
  expect(identifiers.filter(isMadeByCaller).map(({ name }) => name)).toEqual(['orderId']);
});
