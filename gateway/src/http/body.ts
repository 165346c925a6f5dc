import { text } from 'node:stream/consumers';
import type { Request, RequestHandler } from 'express';
import { parse } from 'secure-json-parse';
import { isHonestValue } from '../domain/sent-value.ts';
import { isRead } from './guards.ts';
import { GatewayRefusal } from './refusal.ts';
import { slot } from './slot.ts';

/** Biggest body a parent may send; nothing they send is bigger than a form. */
export const BODY_BYTES_MAX = 64 * 1024;
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

const body = slot<string>('body');

/** The body of a request that has passed {@link readBody}; undefined where it has none. */
export function bodyOf(request: Request): string | undefined {
  return body.of(request);
}

/** Refuses, by its headers alone, a body that nobody here would read: on a read, of unknown length, or too big. */
export const bodyGuard: RequestHandler = (request, _response, next) => {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const bytes = Number(length ?? 0);
  if (isRead(request) && (bytes > 0 || encoding !== undefined)) throw new GatewayRefusal('bad_request');
  // A body of unknown length could grow while it passes: a browser always says how long its form is.
  if (encoding !== undefined) throw new GatewayRefusal('length_required');
  if (!(bytes <= BODY_BYTES_MAX)) throw new GatewayRefusal('too_large');
  next();
};

/**
 * Reads a body whole and refuses what is not plain JSON in UTF-8, so that no service ever sees a broken one: wrong type 415; unreadable,
 * too deep, with rounded numbers, NUL, or names that reach for an object's prototype 400. A request without a body passes.
 */
export const readBody: RequestHandler = async (request, _response, next) => {
  if (Number(request.headers['content-length'] ?? 0) > 0) body.set(request, await readJson(request));
  next();
};

async function readJson(request: Request): Promise<string> {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  if (type === undefined || !JSON_TYPE.test(type) || encoding !== undefined) {
    throw new GatewayRefusal('unsupported_media_type');
  }
  const sent = await text(request).catch((cause: unknown) => {
    // The browser has gone, or was cut off for being slow: nobody reads this answer.
    throw new GatewayRefusal('bad_request', { cause });
  });
  if (!isHonestJson(sent)) throw new GatewayRefusal('unreadable_body');
  return sent;
}

function isHonestJson(sent: string): boolean {
  // What was no UTF-8 came out as this mark; no page of ours sends it.
  if (sent.includes('\uFFFD')) return false;
  try {
    return isHonestValue(parse(sent, { protoAction: 'error', constructorAction: 'error' }));
  } catch {
    return false;
  }
}
