import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import express from 'express';
import type { ScreenState, Terminal } from '../app/terminal.ts';

/** Screens that may listen at once: the canteen has one, a technician a second. */
const LISTENERS_MAX = 16;
/** Keeps an open event stream from looking dead, to the browser and to ourselves. */
const SIGN_OF_LIFE_EVERY_MS = 10_000;
const FILES = {
  '/': 'index.html',
  '/screen.css': 'screen.css',
  '/screen.js': 'screen.ts',
  '/texts.js': 'texts.ts',
} as const;
const TYPES = { html: 'text/html', css: 'text/css', ts: 'text/javascript' } as const;

/**
 * The canteen screen: a page, its events, and its state as JSON. It shows children's names and diets, so it answers only
 * to a browser on this PC that asks for this PC (a page from elsewhere cannot reach it under another name).
 */
export function screenRoutes(terminal: Terminal): express.Router {
  const router = express.Router();
  const listeners = new Set<express.Response>();
  const pages = new Map(Object.entries(FILES).map(([path, file]) => [path, loadFile(file)]));

  router.use((request, response, next) => {
    if (!/^(localhost|127\.0\.0\.1|\[::1\])$/.test(request.hostname)) return void response.status(421).end();
    response.set({
      'content-security-policy':
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    next();
  });
  for (const [path, page] of pages) {
    router.get(path, (_request, response) => void response.type(page.type).send(page.body));
  }
  router.get('/api/state', (_request, response) => void response.json(terminal.state()));
  router.get('/api/events', (request, response) => {
    if (listeners.size >= LISTENERS_MAX) return void response.status(503).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event(terminal.state()));
    listeners.add(response);
    const signOfLife = setInterval(() => response.write(': \n\n'), SIGN_OF_LIFE_EVERY_MS);
    request.on('close', () => {
      clearInterval(signOfLife);
      listeners.delete(response);
    });
  });

  let isAnnounced = false;
  terminal.on('changed', () => {
    // Many changes of one turn (a batch of results) make one event.
    if (isAnnounced || listeners.size === 0) return;
    isAnnounced = true;
    setImmediate(() => {
      isAnnounced = false;
      const message = event(terminal.state());
      for (const listener of listeners) {
        // A browser that does not read is let go; it connects again by itself.
        if (listener.writableLength > 64 * 1024) listener.destroy();
        else listener.write(message);
      }
    });
  });
  return router;
}

function event(state: ScreenState): string {
  return `data: ${JSON.stringify(state)}\n\n`;
}

function loadFile(file: (typeof FILES)[keyof typeof FILES]): { type: string; body: string } {
  const text = readFileSync(new URL(`../../screen/${file}`, import.meta.url), 'utf8');
  if (file.endsWith('.ts')) return { type: TYPES.ts, body: stripTypeScriptTypes(text).replaceAll(".ts'", ".js'") };
  return { type: file.endsWith('.css') ? TYPES.css : TYPES.html, body: text };
}
