import type { Mailbox } from './mailbox.ts';

/** Nothing is loaded, nothing runs: what stands in a message is text. */
export const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
} as const;

const NAMES = { mail: 'E-mail', app_io: 'App IO' } as const;

/** The messages, newest first. */
export function messagesPage({ messages }: Mailbox): string {
  const shown = messages
    .toReversed()
    .map(
      ({ channel, to, subject, body, takenAt }) =>
        `<article><h2>${escapeHtml(subject)}</h2><p>${NAMES[channel]} a ${escapeHtml(to)}, ${escapeHtml(takenAt)}</p><pre>${escapeHtml(body)}</pre></article>`,
    );
  const list = shown.length === 0 ? '<p>Nessun messaggio.</p>' : shown.join('\n');
  return `<!doctype html><html lang="it"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Messaggi ai cittadini</title></head><body><h1>Messaggi ai cittadini</h1>${list}</body></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
