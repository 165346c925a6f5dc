import { accept, type Decision, type PupilId, refuse } from '@campanella/vocabulary';

/** Biggest document that is taken, in bytes: a scanned form of several pages. */
export const DOCUMENT_BYTES_MAX = 10 * 1024 * 1024;
/** Longest title or file name, in characters. */
export const TITLE_LENGTH_MAX = 200;

/** What a document in the fascicolo is for. */
export const DOCUMENT_KINDS = ['certification_730', 'form', 'letter', 'certificate', 'other'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** What may be kept: types that a phone shows and that run nothing. */
export const MEDIA_TYPES = ['application/pdf', 'image/jpeg', 'image/png'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** How the name of a file of each type ends, so that what is opened later is what was looked at here. */
const ENDINGS: Record<MediaType, readonly string[]> = {
  'application/pdf': ['.pdf'],
  'image/jpeg': ['.jpg', '.jpeg'],
  'image/png': ['.png'],
};

/** What is known of a document beside its bytes. */
export interface DocumentLabel {
  readonly kind: DocumentKind;
  readonly title: string;
  readonly fileName: string;
  readonly mediaType: MediaType;
}

/** A document of a pupil's fascicolo; its bytes are in the document store. */
export interface FiledDocument extends DocumentLabel {
  readonly documentId: string;
  readonly pupilId: PupilId;
  readonly byteCount: number;
  /** Of the bytes, in lower-case hex. */
  readonly sha256: string;
  readonly addedAt: Date;
}

/** A document as somebody sends it, nothing checked. */
export interface OfferedDocument {
  readonly kind: string;
  readonly title: string;
  readonly fileName: string;
  /** What the sender says that it is. */
  readonly declaredType: string;
  readonly byteCount: number;
  /** What its first bytes say that it is; null for nothing known. */
  readonly recognizedType: string | null;
}

export interface DocumentRefused {
  readonly kind: 'malformed' | 'empty' | 'too_large' | 'type_not_allowed' | 'type_mismatch';
  /** The field at fault, empty for the bytes themselves. */
  readonly field: string;
}

/** Control characters, broken ones, ends of lines, and those that turn the direction of writing: `gpj.exe` must not read `exe.jpg`. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
/** What no file system and no header has to fear. */
const UNSAFE_IN_FILE_NAME = /[\\/:*?"<>|]/;

/** Takes an offered document for the fascicolo: the bytes decide what it is, not the sender. */
export function takeDocument(offered: OfferedDocument): Decision<DocumentLabel, DocumentRefused> {
  const title = offered.title.trim().normalize('NFC');
  const fileName = offered.fileName.trim().normalize('NFC');
  const kind = DOCUMENT_KINDS.find((one) => one === offered.kind);
  if (kind === undefined) return refuse({ kind: 'malformed', field: 'kind' });
  if (!isShortText(title)) return refuse({ kind: 'malformed', field: 'title' });
  if (!isShortText(fileName) || UNSAFE_IN_FILE_NAME.test(fileName) || fileName.startsWith('.')) {
    return refuse({ kind: 'malformed', field: 'file_name' });
  }
  if (offered.byteCount === 0) return refuse({ kind: 'empty', field: '' });
  if (offered.byteCount > DOCUMENT_BYTES_MAX) return refuse({ kind: 'too_large', field: '' });
  const mediaType = MEDIA_TYPES.find((one) => one === offered.recognizedType);
  if (mediaType === undefined) return refuse({ kind: 'type_not_allowed', field: 'media_type' });
  if (mediaType !== offered.declaredType) return refuse({ kind: 'type_mismatch', field: 'media_type' });
  if (!ENDINGS[mediaType].some((ending) => fileName.toLowerCase().endsWith(ending))) {
    return refuse({ kind: 'type_mismatch', field: 'file_name' });
  }
  return accept({ kind, title, fileName, mediaType });
}

function isShortText(text: string): boolean {
  return text !== '' && text.length <= TITLE_LENGTH_MAX && !INVISIBLE.test(text);
}
