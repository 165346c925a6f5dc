import { expect, test } from '@jest/globals';
import { readCommand } from './config.ts';

const NOW = new Date('2026-11-22T23:30:00Z'); // already Monday the 23rd in Rome
const ADDRESSES = { ANAGRAFICA_ADDRESS: 'a:1', ATTENDANCE_ADDRESSES: 'b:1,b:2', LEDGER_ADDRESSES: 'c:1' };

test('seed takes addresses from the environment, flags before it, and today from the clock in Rome', () => {
  expect(readCommand(['seed', '--ledger', 'd:9', '--summary', 'town.json'], ADDRESSES, NOW)).toEqual({
    kind: 'seed',
    addresses: { anagrafica: ['a:1'], attendance: ['b:1', 'b:2'], ledger: ['d:9'] },
    today: '2026-11-23',
    days: 20,
    summary: 'town.json',
  });
});

test('generate takes how much and where to', () => {
  expect(readCommand(['generate', '--pupils', '100000', '--out', 'towns'], {}, NOW)).toMatchObject({
    pupils: 100_000,
    municipalities: 1,
    firstMunicipalityId: 1_001,
    out: 'towns',
    loadInto: null,
  });
  expect(readCommand(['generate', '--pupils', '5', '--load'], ADDRESSES, NOW)).toMatchObject({
    out: null,
    loadInto: { ledger: ['c:1'] },
  });
});

test.each([[[]], [['--help']], [['seed', '-h']]])('%j asks for help', (args) => {
  expect(readCommand(args, {}, NOW)).toEqual({ kind: 'help' });
});

test.each([
  [['seed'], /--anagrafica host:port, or ANAGRAFICA_ADDRESS/],
  [['seed', '--today', '2026-02-30'], /calendar day/],
  [['generate', '--out', 'towns'], /--pupils takes a whole number/],
  [['generate', '--pupils', '0', '--out', 'towns'], /--pupils takes a whole number/],
  [['generate', '--pupils', '10'], /either --out <folder> or --load/],
  [['generate', '--pupils', '10', '--out', 'towns', '--load'], /either --out <folder> or --load/],
  [['wipe'], /unknown command "wipe"/],
  [['seed', '--frob'], /--frob/],
])('%j is refused with what to do', (args, message) => {
  expect(() => readCommand(args, {}, NOW)).toThrow(message);
});
