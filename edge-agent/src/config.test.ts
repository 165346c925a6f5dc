import { expect, test } from '@jest/globals';
import { parseReaders } from './config.ts';

test('readers are a list, with format and speed left out or given', () => {
  expect(parseReaders('/dev/serial/by-id/usb-a:rdm6300:9600, /dev/ttyUSB1, COM3:line:19200')).toEqual([
    { path: '/dev/serial/by-id/usb-a', format: 'rdm6300', baudRate: 9_600 },
    { path: '/dev/ttyUSB1', format: 'auto', baudRate: 9_600 },
    { path: 'COM3', format: 'line', baudRate: 19_200 },
  ]);
  expect(parseReaders('')).toEqual([]);
});

test('or JSON, for a path with a colon and for other times', () => {
  const path = '/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0';
  expect(parseReaders(JSON.stringify([{ path, format: 'em18', holdMs: 800 }]))).toEqual([
    { path, format: 'em18', baudRate: 9_600, holdMs: 800 },
  ]);
});

test.each([
  '/dev/x:other',
  '/dev/x:auto:0',
  '/dev/x:auto:9600:more',
  '/dev/x,/dev/x',
  '[',
  '[{"format":"auto"}]',
  ':auto',
])('%s is refused', (text) => {
  expect(parseReaders(text)).toBeNull();
});
