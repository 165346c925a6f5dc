import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ALONE = 'export interface Thing { readonly id: string }\nexport const thing = { id: "1" };\n';

let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'campanella-rules-'));
});

afterEach(() => {
  rmSync(tree, { recursive: true, force: true });
});

/** Puts two files into a tree of our layout, the first importing the second, and asks the project's rules. */
function judge(from: string, to: string, statement = 'export { thing }'): { status: number | null; output: string } {
  const path = '../'.repeat(from.split('/').length - 1) + to;
  const files = { [from]: `${statement} from '${path}';\n`, [to]: ALONE };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
  const top = from.split('/')[0] ?? '';
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      join(ROOT, '.dependency-cruiser.mjs'),
      top,
    ],
    { cwd: tree, encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
}

test.each([
  ['services-never-import-each-other', 'services/ledger/src/app/post.ts', 'services/attendance/src/app/record.ts'],
  ['services-never-import-each-other', 'portal/src/page.ts', 'services/ledger/src/app/post.ts'],
  ['sandbox-is-imported-by-nobody', 'services/identity/src/main.ts', 'sandbox/demo-town/src/citizens.ts'],
  ['packages-know-no-service', 'packages/postgres/src/pool.ts', 'services/ledger/src/config.ts'],
  ['vocabulary-has-no-dependencies', 'packages/vocabulary/src/cents.ts', 'packages/postgres/src/pool.ts'],
  ['domain-is-pure', 'services/ledger/src/domain/account.ts', 'services/ledger/src/store/accounts.ts'],
  ['domain-is-pure', 'gateway/src/domain/session.ts', 'gateway/src/config.ts'],
  ['app-knows-no-rim', 'services/ledger/src/app/post.ts', 'services/ledger/src/store/accounts.ts'],
  ['rim-folders-do-not-import-each-other', 'services/ledger/src/http/api.ts', 'services/ledger/src/store/accounts.ts'],
  ['tools-of-tests-stay-in-tests', 'services/ledger/src/main.ts', 'packages/testkit/src/index.ts'],
])('%s: %s may not import %s', (rule, from, to) => {
  const { status, output } = judge(from, to);
  expect(output).toContain(`error ${rule}`);
  expect(status).not.toBe(0);
});

test('an import of types alone is an import too', () => {
  const { status, output } = judge(
    'services/ledger/src/domain/account.ts',
    'services/ledger/src/store/accounts.ts',
    'export type { Thing }',
  );
  expect(output).toContain('error domain-is-pure');
  expect(status).not.toBe(0);
});

test.each([
  ['services/ledger/src/app/post.ts', 'services/ledger/src/domain/account.ts'],
  ['services/ledger/src/domain/account.ts', 'packages/vocabulary/src/cents.ts'],
  ['services/ledger/src/main.ts', 'services/ledger/src/store/accounts.ts'],
  ['services/ledger/src/domain/account.test.ts', 'packages/testkit/src/index.ts'],
  ['sandbox/launch/src/main.ts', 'packages/local-stores/src/index.ts'],
])('%s may import %s', (from, to) => {
  const { status, output } = judge(from, to);
  expect(output).toContain('no dependency violations found (2 modules');
  expect(status).toBe(0);
});
