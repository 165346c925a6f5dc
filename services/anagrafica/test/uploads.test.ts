import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { callUnary } from '@campanella/service-kit';
import { sendRaw } from '@campanella/testkit';
import { type MunicipalityId, numberId } from '@campanella/vocabulary';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DocumentsAnswer } from '../src/http/describe.ts';
import { frame, pupil, type RunningAnagrafica, runAnagrafica, uuid } from './running-anagrafica.ts';

const MINE = uuid(1_001);
const TEN_MB = 10 * 1024 * 1024;
const PDF = Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
const PAGE = '<!doctype html><script>fetch("/api/anagrafica/pupils")</script>';
const JPEG = Buffer.from([
  0xff,
  0xd8,
  0xff,
  0xe0,
  0,
  16,
  ...Buffer.from('JFIF\0'),
  1,
  1,
  0,
  0,
  1,
  0,
  1,
  0,
  0,
  0xff,
  0xd9,
]);
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
const SAYS = {
  type: 'Il documento non è stato salvato: sono ammessi solo file PDF, JPEG e PNG. Salvarlo in uno di questi formati e riprovare',
  mismatch:
    'Il documento non è stato salvato: il contenuto del file non è del tipo che dicono il suo nome o la richiesta. Salvarlo di nuovo come PDF, JPEG o PNG e riprovare',
  empty: 'Il documento non è stato salvato: il file è vuoto. Scegliere il file giusto e riprovare',
  large: 'Il documento non è stato salvato: il file supera 10 MB. Ridurlo e riprovare',
  malformed: 'Il documento non è stato salvato: un dato manca o non è valido. Correggerlo e riprovare',
};

let anagrafica: RunningAnagrafica;
let next = 100;

beforeAll(async () => {
  anagrafica = await runAnagrafica();
  for (const request of [frame(1), pupil(1, 1)]) {
    await callUnary(anagrafica.registry, 'put', request, { deadlineMs: 10_000 });
  }
}, 60_000);

afterAll(async () => {
  await anagrafica?.close();
}, 30_000);

interface Upload {
  readonly bytes?: Buffer;
  readonly type?: string;
  readonly title?: string;
  readonly fileName?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const municipalityId = numberId<MunicipalityId>(1);
const officeToken = () => anagrafica.identity.tokenFor({ municipalityId, role: 'office' });
const guardianToken = () => anagrafica.identity.tokenFor({ municipalityId, pupilIds: [MINE as never] });

function pathOf({ title = 'Modulo', fileName = 'modulo.pdf' }: Upload): { documentId: string; path: string } {
  next += 1;
  const query = new URLSearchParams({ kind: 'form', title, fileName });
  return { documentId: uuid(next), path: `/api/anagrafica/office/pupils/${MINE}/documents/${uuid(next)}?${query}` };
}

async function upload(what: Upload): Promise<{ documentId: string; status: number; title: string }> {
  const { documentId, path } = pathOf(what);
  const answer = await fetch(`${anagrafica.httpUrl}${path}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await officeToken()}`,
      'content-type': what.type ?? 'application/pdf',
      ...what.headers,
    },
    body: new Uint8Array(what.bytes ?? PDF),
  });
  const { title } = (await answer.json()) as { title: string };
  return { documentId, status: answer.status, title };
}

async function asGuardian(path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${await guardianToken()}` };
  return fetch(`${anagrafica.httpUrl}/api/anagrafica/pupils/${MINE}/documents${path}`, { headers });
}

async function filed(): Promise<readonly string[]> {
  const { documents } = DocumentsAnswer.parse(await (await asGuardian('?limit=100')).json());
  return documents.map(({ documentId }) => documentId);
}

describe('a file that lies is refused with a sentence, and nothing of it is kept:', () => {
  test.each<[string, Upload, number, string]>([
    [
      'a drawing with a script that says it is a picture',
      { bytes: SVG, type: 'image/png', fileName: 'firma.png' },
      415,
      SAYS.type,
    ],
    ['a page that says it is a PDF', { bytes: Buffer.from(PAGE) }, 415, SAYS.type],
    ['a page before the header of a PDF', { bytes: Buffer.concat([Buffer.from(PAGE), PDF]) }, 415, SAYS.type],
    ['a PDF called as a page', { fileName: 'modulo.html' }, 415, SAYS.mismatch],
    ['a PDF called as a program', { fileName: 'modulo.pdf.exe' }, 415, SAYS.mismatch],
    ['a picture that says it is a PDF', { bytes: JPEG }, 415, SAYS.mismatch],
    ['a PDF that says it is a page', { type: 'text/html' }, 415, SAYS.mismatch],
    ['an archive that swells', { bytes: zipOf(50 * 1024 * 1024) }, 415, SAYS.type],
    ['a program', { bytes: Buffer.from(`MZ${'\0'.repeat(100)}`) }, 415, SAYS.type],
    ['nothing at all', { bytes: Buffer.alloc(0) }, 422, SAYS.empty],
    ['10 MB and one byte', { bytes: padded(TEN_MB + 1) }, 413, SAYS.large],
    ['ten times too much', { bytes: padded(10 * TEN_MB) }, 413, SAYS.large],
    [
      'bytes that swell to more than 10 MB on their way',
      { bytes: gzipSync(padded(8 * TEN_MB)), headers: { 'content-encoding': 'gzip' } },
      ...([413, SAYS.large] as const),
    ],
    ['a name that climbs', { fileName: '../../etc/cron.pdf' }, 422, SAYS.malformed],
    ['a name that climbs as on Windows', { fileName: '..\\..\\modulo.pdf' }, 422, SAYS.malformed],
    ['a hidden file', { fileName: '.pdf' }, 422, SAYS.malformed],
    ['a name that reads backwards', { fileName: 'modulo\u202efdp.exe.pdf' }, 422, SAYS.malformed],
    ['a name with a line of its own in the headers', { fileName: 'a\r\nset-cookie: b=c.pdf' }, 422, SAYS.malformed],
    ['a name that ends its quotes', { fileName: 'a"; filename="b.html.pdf' }, 422, SAYS.malformed],
    ['a title with a line of its own', { title: 'Modulo\nda firmare' }, 422, SAYS.malformed],
  ])('%s', async (_what, what, status, title) => {
    const before = await filed();
    const answer = await upload(what);
    expect([answer.status, answer.title]).toEqual([status, title]);
    expect(await filed()).toEqual(before);
  });

  test('less than its content-length says, from a line that breaks', async () => {
    const { path } = pathOf({});
    const before = await filed();
    const head = [
      ...[`PUT ${path} HTTP/1.1`, 'Host: a.example', `Authorization: Bearer ${await officeToken()}`],
      ...['Content-Type: application/pdf', 'Content-Length: 1000', '', ''],
    ].join('\r\n');
    const { hostname, port } = new URL(anagrafica.httpUrl);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.end(Buffer.concat([Buffer.from(head), PDF]));
    expect(await text(socket)).toContain('La richiesta non è leggibile');
    expect(await filed()).toEqual(before);
  });

  test('more than its content-length says: what is beyond is no part of it, and its connection is closed', async () => {
    const { path, documentId } = pathOf({});
    const head = [
      ...[`PUT ${path} HTTP/1.1`, 'Host: a.example', `Authorization: Bearer ${await officeToken()}`],
      ...['Content-Type: application/pdf', `Content-Length: ${PDF.length}`, '', ''],
    ].join('\r\n');
    const { host } = new URL(anagrafica.httpUrl);
    const answer = await sendRaw(host, Buffer.concat([Buffer.from(head), PDF, Buffer.from(PAGE)]));
    expect(answer.text).toContain('400 Bad Request');
    const download = await asGuardian(`/${documentId}/content`);
    expect(Buffer.from(await download.arrayBuffer()).includes(PAGE)).toBe(false);
  });
});

describe('a file that is two things at once is kept as the one that it says, and never runs as the other:', () => {
  test.each<[string, Buffer, string, string]>([
    [
      'a PDF with a page in it',
      Buffer.concat([PDF.subarray(0, 9), Buffer.from(PAGE), PDF]),
      'application/pdf',
      'modulo.pdf',
    ],
    ['a picture with a script behind it', Buffer.concat([JPEG, Buffer.from(PAGE)]), 'image/jpeg', 'foto.jpg'],
  ])('%s', async (_what, bytes, type, fileName) => {
    const { documentId, status } = await upload({ bytes, type, fileName });
    expect(status).toBe(200);
    const download = await asGuardian(`/${documentId}/content`);
    expect(Object.fromEntries(download.headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename=${fileName}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  test.each([
    [
      'a%22;filename=b.html.pdf',
      `attachment; filename="a%22;filename=b.html.pdf"; filename*=UTF-8''a%2522%3Bfilename%3Db.html.pdf`,
    ],
    ["a';b=c.pdf", `attachment; filename="a';b=c.pdf"`],
    ['iscrizione ’26 — sì.pdf', expect.stringMatching(/^attachment; filename="[ -~]+"; filename\*=UTF-8''[\w%.-]+$/)],
  ])('a name that looks like a header, %s, is one name', async (fileName, disposition) => {
    const { documentId, status } = await upload({ fileName });
    expect(status).toBe(200);
    const download = await asGuardian(`/${documentId}/content`);
    expect(download.headers.get('content-disposition')).toEqual(disposition);
    expect(download.headers.get('set-cookie')).toBeNull();
  });
});

/** A PDF of so many bytes. */
function padded(byteCount: number): Buffer {
  return Buffer.concat([PDF, Buffer.alloc(byteCount - PDF.length)]);
}

/** An archive with one file that is so many bytes when it is unpacked. */
function zipOf(byteCount: number): Buffer {
  const packed = deflateRawSync(Buffer.alloc(byteCount));
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt32LE(byteCount, 22);
  header.writeUInt16LE(5, 26);
  return Buffer.concat([header, Buffer.from('a.pdf'), packed]);
}
