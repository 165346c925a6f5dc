import { describe, expect, test } from '@jest/globals';
import { DOCUMENT_BYTES_MAX, type OfferedDocument, takeDocument } from './fascicolo.ts';

const offered: OfferedDocument = {
  kind: 'form',
  title: 'Modulo di iscrizione',
  fileName: 'modulo.pdf',
  declaredType: 'application/pdf',
  byteCount: 1_000,
  recognizedType: 'application/pdf',
};

test('a document that is what it says is taken', () => {
  expect(takeDocument(offered)).toEqual({
    ok: true,
    value: { kind: 'form', title: 'Modulo di iscrizione', fileName: 'modulo.pdf', mediaType: 'application/pdf' },
  });
});

test.each([
  ['application/pdf', 'MODULO.PDF'],
  ['image/jpeg', 'foto.jpg'],
  ['image/jpeg', 'foto.jpeg'],
  ['image/png', 'firma.png'],
])('a file of type %s may be called %s', (type, fileName) => {
  expect(takeDocument({ ...offered, fileName, declaredType: type, recognizedType: type })).toMatchObject({ ok: true });
});

test('a document as big as may be is taken', () => {
  expect(takeDocument({ ...offered, byteCount: DOCUMENT_BYTES_MAX })).toMatchObject({ ok: true });
});

describe('refused is', () => {
  test.each<[string, Partial<OfferedDocument>, string, string]>([
    ['an unknown kind', { kind: 'contract' }, 'malformed', 'kind'],
    ['an empty title', { title: ' ' }, 'malformed', 'title'],
    ['a title of 201 characters', { title: 'a'.repeat(201) }, 'malformed', 'title'],
    ['a line break in the title', { title: 'a\nb' }, 'malformed', 'title'],
    ['a file name that climbs', { fileName: '../../etc/passwd' }, 'malformed', 'file_name'],
    ['a file name with a quote', { fileName: 'a".pdf' }, 'malformed', 'file_name'],
    ['a hidden file', { fileName: '.bashrc' }, 'malformed', 'file_name'],
    ['an empty file', { byteCount: 0 }, 'empty', ''],
    ['a file one byte too big', { byteCount: DOCUMENT_BYTES_MAX + 1 }, 'too_large', ''],
    ['a page of HTML that says PDF', { recognizedType: null }, 'type_not_allowed', 'media_type'],
    ['a program that says PDF', { recognizedType: 'application/x-msdownload' }, 'type_not_allowed', 'media_type'],
    ['a file name that ends as a page', { fileName: 'modulo.html' }, 'type_mismatch', 'file_name'],
    ['a file name that ends as a program behind a PDF', { fileName: 'modulo.pdf.exe' }, 'type_mismatch', 'file_name'],
    ['a title that is read from right to left', { title: 'Modulo \u202eenoizircsi' }, 'malformed', 'title'],
    ['a file name that is no text', { fileName: 'modulo\ud800.pdf' }, 'malformed', 'file_name'],
    ['a picture that says PDF', { recognizedType: 'image/png' }, 'type_mismatch', 'media_type'],
  ])('%s', (_what, change, kind, field) => {
    expect(takeDocument({ ...offered, ...change })).toEqual({ ok: false, refusal: { kind, field } });
  });
});
