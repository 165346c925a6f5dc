import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFieldCipher } from '@campanella/field-encryption';
import type { DirectoryUpdate } from '@campanella/proto/attendance/v1/terminal';
import { serviceDate } from '@campanella/vocabulary';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DirectoryStore } from '../src/app/directory-store.ts';
import { dietOn } from '../src/domain/directory.ts';
import { DirectoryPages } from '../src/grpc/directory-pages.ts';
import { openDirectoryStore } from '../src/store/directory-store.ts';

let folder = '';
let store: DirectoryStore | null = null;
const key = randomBytes(32).toString('base64');
const lost: unknown[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campanella-directory-'));
  lost.length = 0;
});

afterEach(() => {
  store?.close();
  store = null;
  rmSync(folder, { recursive: true });
});

function reopen(withKey = key): DirectoryStore {
  store?.close();
  store = openDirectoryStore(folder, openFieldCipher(withKey), (cause) => lost.push(cause));
  return store;
}

function pupil(at: number, change: Partial<DirectoryUpdate['pupils'][number]> = {}): DirectoryUpdate['pupils'][number] {
  return {
    pupilId: `0198f3a0-0000-7000-8000-00000000000${at}`,
    displayName: `Alunno Inventato ${at}`,
    className: '2B',
    dietCode: '',
    diets: at === 1 ? [{ dietCode: 'GF', validFrom: '2026-11-02', validUntil: '2026-11-13' }] : [],
    badges: [{ badgeNumber: `010000000${at}`, blocked: false, validFrom: '2026-09-01', validUntil: '' }],
    enrolments: [{ service: 'school_meals', validFrom: '', validUntil: '2027-06-30' }],
    ...change,
  };
}

function page(version: number, change: Partial<DirectoryUpdate>): DirectoryUpdate {
  return { version, snapshot: true, lastPage: true, pupils: [], removedPupilIds: [], ...change };
}

function names(): string[] {
  return (store?.pupils() ?? []).map(({ displayName }) => displayName.slice(-1)).sort();
}

test('a snapshot replaces all once its last page is there, and survives a restart', () => {
  const pages = new DirectoryPages();
  const directory = reopen();
  const first = pages.take(page(7, { pupils: [pupil(1), pupil(2)] }));
  if (first !== null) directory.apply(first, 1_000);
  expect(pages.take(page(9, { lastPage: false, pupils: [pupil(3)] }))).toBeNull();
  expect(names()).toEqual(['1', '2']);
  const second = pages.take(page(9, { pupils: [pupil(4)] }));
  if (second !== null) directory.apply(second, 2_000);
  expect(names()).toEqual(['3', '4']);
  const again = reopen();
  expect({ names: names(), version: again.version, appliedAtMs: again.appliedAtMs }).toEqual({
    names: ['3', '4'],
    version: 9,
    appliedAtMs: 2_000,
  });
});

test('a delta adds, changes and removes', () => {
  const pages = new DirectoryPages();
  const directory = reopen();
  for (const update of [
    page(1, { pupils: [pupil(1), pupil(2), pupil(3)] }),
    page(2, {
      snapshot: false,
      pupils: [pupil(1, { className: '3B' }), pupil(4)],
      removedPupilIds: [pupil(2).pupilId],
    }),
  ]) {
    const change = pages.take(update);
    if (change !== null) directory.apply(change, 1_000);
  }
  reopen();
  expect(names()).toEqual(['1', '3', '4']);
  expect(store?.pupils().find(({ displayName }) => displayName.endsWith('1'))?.className).toBe('3B');
});

test('pages of a snapshot that broke off are forgotten when another change begins', () => {
  const pages = new DirectoryPages();
  pages.take(page(5, { lastPage: false, pupils: [pupil(1)] }));
  const change = pages.take(page(6, { snapshot: false, pupils: [pupil(2)] }));
  expect(change?.pupils.map(({ displayName }) => displayName)).toEqual(['Alunno Inventato 2']);
});

test('what cannot be understood is left out and counted; the rest of the school is served', () => {
  const pages = new DirectoryPages();
  const change = pages.take(
    page(1, {
      pupils: [
        pupil(1, { pupilId: 'not an id' }),
        pupil(2, { badges: [{ badgeNumber: '!', blocked: false, validFrom: '', validUntil: '' }] }),
        pupil(3, { enrolments: [{ service: 'school_meals', validFrom: '2026-02-30', validUntil: '' }] }),
      ],
    }),
  );
  expect(change?.pupils.map(({ badges, enrolments }) => [badges.length, enrolments.length])).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect(pages.faultCount).toBe(3);
});

test('a diet holds on its own days, also when they come long after the line was lost, and after a restart', () => {
  const change = new DirectoryPages().take(page(1, { pupils: [pupil(1)] }));
  if (change !== null) reopen().apply(change, 1_000);
  const [kept] = reopen().pupils();
  const on = (day: string) => kept && dietOn(kept, serviceDate(day));
  expect(['2026-11-01', '2026-11-02', '2026-11-13', '2026-11-14'].map(on)).toEqual([null, 'GF', 'GF', null]);
});

test('a platform that tells no days of diets is understood', () => {
  const change = new DirectoryPages().take(page(1, { pupils: [pupil(2, { dietCode: 'GF' })] }));
  expect(change?.pupils[0]?.diets).toMatchObject([{ dietCode: 'GF', validity: { until: null } }]);
});

test('neither name nor diet stands readable on the disk', () => {
  const directory = reopen();
  const change = new DirectoryPages().take(
    page(1, { pupils: [pupil(1, { diets: [{ dietCode: 'SENZA-GLUTINE', validFrom: '', validUntil: '' }] })] }),
  );
  if (change !== null) directory.apply(change, 1_000);
  expect(directory.pupils()[0]?.diets).toMatchObject([{ dietCode: 'SENZA-GLUTINE' }]);
  store?.close();
  store = null;
  const bytes = readFileSync(join(folder, 'directory.sqlite'), 'latin1');
  for (const secret of ['SENZA-GLUTINE', 'Inventato', '0100000001']) expect(bytes).not.toContain(secret);
});

test('sealed under another key it is begun anew, and the platform sends it again', () => {
  const directory = reopen();
  const change = new DirectoryPages().take(page(3, { pupils: [pupil(1)] }));
  if (change !== null) directory.apply(change, 1_000);
  expect(reopen(randomBytes(32).toString('base64')).version).toBe(0);
  expect(lost).toHaveLength(1);
  expect(names()).toEqual([]);
});
