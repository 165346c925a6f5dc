import { expect, test } from '@jest/globals';
import { ATTEMPTS_MAX, type NotificationKind, notificationText, waitAfter } from './notification.ts';

test.each<NotificationKind>([...(['top_up_credited', 'document_issued', 'document_overdue', 'low_credit'] as const)])(
  'what is told of %s is as long as the App IO wants it, says where to look, and no amount',
  (kind) => {
    const { subject, body } = notificationText(kind, 'Comune di Prova', 'https://servizi.example');
    expect(subject.length).toBeGreaterThanOrEqual(10);
    expect(subject.length).toBeLessThanOrEqual(120);
    expect(body.length).toBeGreaterThanOrEqual(80);
    expect(body.length).toBeLessThanOrEqual(10_000);
    expect(body).toContain('https://servizi.example');
    expect(`${subject}${body}`).not.toMatch(/\d/);
  },
);

test('each attempt waits twice as long as the one before, and never more than an hour', () => {
  expect([1, 2, 3].map(waitAfter)).toEqual([5_000, 10_000, 20_000]);
  expect(waitAfter(ATTEMPTS_MAX)).toBe(3_600_000);
});
