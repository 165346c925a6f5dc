import { expect, test } from '@jest/globals';
import {
  RECORD_PARTS,
  type RecordPart,
  type RecordSearch,
  readRecordSearch,
  writeRecordSearch,
} from './record-search.ts';

test.each(Object.keys(RECORD_PARTS) as RecordPart[])(
  'the part %s comes back out of the address with the filters',
  (part) => {
    const search: RecordSearch = { pupilId: 'p', badgeId: 'b', openId: 'o', part };
    expect(readRecordSearch(new URLSearchParams(writeRecordSearch(search).toString()))).toEqual(search);
  },
);

test('the list without filters has no address of its own', () => {
  const search = readRecordSearch(new URLSearchParams());
  expect(search).toEqual({ pupilId: null, badgeId: null, openId: null, part: 'general' });
  expect(writeRecordSearch(search).toString()).toBe('');
});

test('a mistyped part is the first', () => {
  expect(readRecordSearch(new URLSearchParams('scheda=o&parte=x')).part).toBe('general');
});
