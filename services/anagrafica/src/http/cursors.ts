import { parseId } from '@campanella/vocabulary';
import type { PageAfter } from '../app/fascicolo.ts';
import type { ReadsCursor } from '../app/record-access.ts';

// Opaque to whoever carries them: parts of the last line, joined by what none of them holds.
const SEPARATOR = '~';

export function documentCursor(last: { readonly addedAt: Date; readonly documentId: string }): string {
  return [last.addedAt.toISOString(), last.documentId].join(SEPARATOR);
}

/** Null for a text that is no cursor of ours. */
export function parseDocumentCursor(text: string): PageAfter['after'] {
  const [at, documentId, ...rest] = text.split(SEPARATOR);
  const day = parseInstant(at);
  if (day === null || documentId === undefined || parseId(documentId) === null || rest.length > 0) return null;
  return { at: day, id: documentId };
}

export function readsCursor(last: ReadsCursor): string {
  return [last.hour.toISOString(), last.readerId, last.what].join(SEPARATOR);
}

/** Null for a text that is no cursor of ours. */
export function parseReadsCursor(text: string): ReadsCursor | null {
  const [at, readerId, what, ...rest] = text.split(SEPARATOR);
  const hour = parseInstant(at);
  if (hour === null || readerId === undefined || parseId(readerId) === null) return null;
  return what === undefined || rest.length > 0 ? null : { hour, readerId, what };
}

function parseInstant(text: string | undefined): Date | null {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text)) return null;
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? null : instant;
}
