import { expect, test } from '@jest/globals';
import { createLogger } from './logger.ts';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const logger = createLogger({
    service: 'test',
    level: 'info',
    destination: {
      write: (line) => {
        text += line;
      },
    },
  });
  write(logger);
  return text;
}

test('a line is JSON with its service, level and time', () => {
  const line = logged((logger) => logger.info({ amountCents: 520 }, 'transfer posted'));
  expect(JSON.parse(line)).toMatchObject({ service: 'test', level: 'info', amountCents: 520, msg: 'transfer posted' });
  expect(Date.parse(JSON.parse(line).time)).not.toBeNaN();
});

test.each([
  [{ displayName: 'Anna Prova' }],
  [{ pupil: { codiceFiscale: 'Anna Prova' } }],
  [{ request: { headers: { authorization: 'Anna Prova' } } }],
  [{ request: { headers: { 'set-cookie': ['Anna Prova'] } } }],
  [{ pupils: [{ badge_number: 'Anna Prova' }] }],
  [{ reply: { pupils: [{ dietCode: 'Anna Prova' }] } }],
])('what is personal or secret is not written, wherever it stands: %j', (fields) => {
  const line = logged((logger) => logger.info(fields, 'something happened'));
  expect(line).not.toContain('Anna Prova');
  expect(line).toContain('[redacted]');
});

test('an error is written without the rows that a driver quotes beside it', () => {
  const cause = Object.assign(new Error('duplicate key'), {
    code: '23505',
    constraint: 'pupils_pkey',
    detail: 'Key (name)=(Anna Prova) already exists.',
    parameters: ['Anna Prova'],
  });
  const line = logged((logger) => logger.error({ err: cause }, 'request failed'));
  expect(line).not.toContain('Anna Prova');
  expect(JSON.parse(line).err).toMatchObject({ message: 'duplicate key', code: '23505', constraint: 'pupils_pkey' });
});
