import { expect, test } from '@jest/globals';
import { formatFileSize } from './file-size.ts';

test.each([
  [840, '840 byte'],
  [1_000, '1 kB'],
  [12_340, '12,3 kB'],
  [1_400_000, '1,4 MB'],
])('%d bytes are %s', (byteCount, text) => {
  expect(formatFileSize(byteCount)).toBe(text);
});
