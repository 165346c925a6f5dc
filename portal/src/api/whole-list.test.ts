import { expect, test } from '@jest/globals';
import { readWholeList } from './whole-list.ts';

/** A list of so many pages, the first of which is read; one of them cannot be read. */
function listOf(pageCount: number, read = 1, broken = -1): Parameters<typeof readWholeList<number>>[0] {
  return {
    data: { pages: Array.from({ length: read }, (_, page) => page) },
    hasNextPage: read < pageCount,
    isError: false,
    fetchNextPage: async () =>
      read === broken ? { ...listOf(pageCount, read), isError: true } : listOf(pageCount, read + 1, broken),
  };
}

test('all pages are read, in their order', async () => {
  expect(await readWholeList(listOf(1))).toEqual([0]);
  expect(await readWholeList(listOf(4))).toEqual([0, 1, 2, 3]);
});

test('a list with a page that cannot be read is none', async () => {
  expect(await readWholeList(listOf(4, 1, 2))).toBeNull();
});
