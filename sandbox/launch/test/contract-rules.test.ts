import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CONTRACT = 'campanella/ledger/v1/ledger.proto';

let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'campanella-contracts-'));
  for (const name of ['campanella', 'buf.yaml', 'baseline.binpb'])
    cpSync(join(ROOT, 'proto', name), join(tree, name), { recursive: true });
});

afterEach(() => {
  rmSync(tree, { recursive: true, force: true });
});

/** Asks whether the contracts of the tree still keep what the last release promised. */
function judge(): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(ROOT, 'node_modules/.bin/buf'),
    ['breaking', '--against', 'baseline.binpb'],
    { cwd: tree, encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
}

function edit(change: (text: string) => string): void {
  const file = join(tree, CONTRACT);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

test('the contracts as they are keep the promise', () => {
  expect(judge()).toEqual({ status: 0, output: '' });
});

test('a field that is taken away is refused', () => {
  edit((text) => text.replace(/^ {2}int64 amount_cents = \d+;.*\n/m, ''));
  const { status, output } = judge();
  expect(output).toMatch(/Previously present field "\d+" with name "amount_cents"/);
  expect(status).not.toBe(0);
});

test('a field that is added is accepted', () => {
  edit((text) => text.replace(/^(message \w+ \{\n)/m, '$1  string added_for_this_test = 999;\n'));
  expect(judge()).toEqual({ status: 0, output: '' });
});
