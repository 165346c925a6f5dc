import { FileDocumentRequest } from '@campanella/proto/anagrafica/v1/registry';
import { callUnary } from '@campanella/service-kit';
import { freePort } from '@campanella/testkit';
import { id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DocumentsAnswer, ReadsAnswer } from '../src/http/describe.ts';
import { frame, pupil, type RunningAnagrafica, runAnagrafica, uuid } from './running-anagrafica.ts';
import { type RunningS3, runS3 } from './running-s3.ts';

const [MINE, MINE_TOO, OTHERS] = [uuid(1_001), uuid(1_002), uuid(1_003)];
const PDF = Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

interface Person {
  readonly municipalityId: number;
  readonly role: 'guardian' | 'office' | 'school';
  readonly pupilIds: readonly string[];
}

const guardian: Person = { municipalityId: 1, role: 'guardian', pupilIds: [MINE, MINE_TOO] };
const office: Person = { municipalityId: 1, role: 'office', pupilIds: [] };

let s3: RunningS3;
let anagrafica: RunningAnagrafica;

beforeAll(async () => {
  s3 = await runS3(await freePort());
}, 60_000);

afterAll(async () => {
  await s3?.close();
});

async function ask(path: string, person: Person, init: RequestInit = {}): Promise<Response> {
  const token = await anagrafica.identity.tokenFor({
    municipalityId: numberId<MunicipalityId>(person.municipalityId),
    role: person.role,
    pupilIds: person.pupilIds.map((pupilId) => id<PupilId>(pupilId)),
  });
  return fetch(`${anagrafica.httpUrl}/api/anagrafica${path}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  });
}

interface Filing {
  readonly documentId: string;
  readonly pupilId?: string;
  readonly title?: string;
  readonly kind?: string;
  readonly fileName?: string;
  readonly type?: string;
  readonly bytes?: Buffer;
  readonly person?: Person;
}

function file(filing: Filing): Promise<Response> {
  const { title = 'Modulo di iscrizione', kind = 'form', fileName = 'modulo.pdf' } = filing;
  return ask(
    `/office/pupils/${filing.pupilId ?? MINE}/documents/${filing.documentId}?${new URLSearchParams({ title, kind, fileName })}`,
    filing.person ?? office,
    {
      method: 'PUT',
      headers: { 'content-type': filing.type ?? 'application/pdf' },
      body: new Uint8Array(filing.bytes ?? PDF),
    },
  );
}

const kindOf = async (answer: Response) => [answer.status, ((await answer.json()) as { kind: string }).kind];

describe.each(['a folder', 'a bucket'])('with its documents in %s', (where) => {
  beforeAll(async () => {
    anagrafica = await runAnagrafica(1, where === 'a bucket' ? s3.environment : {});
    const put = (request: ReturnType<typeof pupil>) =>
      callUnary(anagrafica.registry, 'put', request, { deadlineMs: 10_000 });
    for (const municipalityId of [1, 2]) {
      await put(frame(municipalityId));
      for (const number of [1, 2, 3]) await put(pupil(municipalityId, number));
    }
  }, 60_000);

  afterAll(async () => {
    await anagrafica?.close();
  }, 30_000);

  test('a filed document is listed, and downloaded byte for byte as an attachment that runs nothing', async () => {
    const filed = await file({ documentId: uuid(50), fileName: 'Iscrizione è così.pdf' });
    expect(filed.status).toBe(200);
    const { documents } = DocumentsAnswer.parse(await (await ask(`/pupils/${MINE}/documents`, guardian)).json());
    expect(documents).toMatchObject([
      { documentId: uuid(50), title: 'Modulo di iscrizione', byteCount: PDF.length, mediaType: 'application/pdf' },
    ]);
    const download = await ask(`/pupils/${MINE}/documents/${uuid(50)}/content`, guardian);
    expect(Buffer.from(await download.arrayBuffer())).toEqual(PDF);
    const headers = Object.fromEntries(download.headers);
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect(headers['content-disposition']).toMatch(
      /^attachment; .*filename\*=UTF-8''Iscrizione%20%C3%A8%20cos%C3%AC\.pdf/,
    );
  });

  test('the same filing twice is one document; another under its id is refused and changes nothing', async () => {
    await file({ documentId: uuid(51), pupilId: MINE_TOO });
    expect((await file({ documentId: uuid(51), pupilId: MINE_TOO })).status).toBe(200);
    expect(await kindOf(await file({ documentId: uuid(51), pupilId: MINE_TOO, title: 'Altro' }))).toEqual([
      409,
      'id_taken',
    ]);
    expect(await kindOf(await file({ documentId: uuid(51), pupilId: OTHERS }))).toEqual([409, 'id_taken']);
    const png = { documentId: uuid(51), pupilId: MINE_TOO, bytes: PNG, type: 'image/png', fileName: 'modulo.png' };
    expect(await kindOf(await file(png))).toEqual([409, 'id_taken']);
    const download = await ask(`/pupils/${MINE_TOO}/documents/${uuid(51)}/content`, guardian);
    expect(Buffer.from(await download.arrayBuffer())).toEqual(PDF);
  });

  test('many filings at once under one id leave one document, whole', async () => {
    const documentId = uuid(57);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        file({ documentId, pupilId: MINE_TOO, bytes: Buffer.concat([PDF, Buffer.from(`% ${number % 2}`)]) }),
      ),
    );
    const statuses = outcomes.map((one) => one.status).sort();
    expect(statuses[0]).toBe(200);
    expect(new Set(statuses)).toEqual(new Set([200, 409]));
    expect((await ask(`/pupils/${MINE_TOO}/documents/${documentId}/content`, guardian)).status).toBe(200);
  });

  test('a removed document is neither listed nor downloaded any more, and its id stays taken', async () => {
    await file({ documentId: uuid(52), pupilId: MINE_TOO });
    const path = `/office/pupils/${MINE_TOO}/documents/${uuid(52)}`;
    expect((await ask(path, office, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(path, office, { method: 'DELETE' })).status).toBe(404);
    expect((await ask(`/pupils/${MINE_TOO}/documents/${uuid(52)}/content`, guardian)).status).toBe(404);
    const { documents } = DocumentsAnswer.parse(await (await ask(`/pupils/${MINE_TOO}/documents`, guardian)).json());
    expect(documents.map((one) => one.documentId)).not.toContain(uuid(52));
    expect(await kindOf(await file({ documentId: uuid(52), pupilId: MINE_TOO }))).toEqual([409, 'id_taken']);
  });

  test("nobody gets another's document, not with its id and not with their own pupil's path", async () => {
    await file({ documentId: uuid(53), pupilId: OTHERS });
    const paths = [
      `/pupils/${OTHERS}/documents/${uuid(53)}/content`,
      `/pupils/${MINE}/documents/${uuid(53)}/content`,
      `/pupils/${MINE}/documents/${uuid(9_999)}/content`,
      `/pupils/${MINE}/documents/no-id/content`,
      `/pupils/${OTHERS}/documents`,
      `/pupils/${uuid(9_999)}/documents`,
      `/pupils/${OTHERS}/reads`,
    ];
    const answers = await Promise.all([
      ...paths.map((path) => ask(path, guardian)),
      ask(`/pupils/${OTHERS}/documents/${uuid(53)}/content`, { ...guardian, municipalityId: 2, pupilIds: [OTHERS] }),
      file({ documentId: uuid(54), person: guardian }),
      file({ documentId: uuid(54), person: { ...office, role: 'school' } }),
      file({ documentId: uuid(54), pupilId: uuid(9_999) }),
      ask(`/office/pupils/${MINE}/documents/${uuid(50)}`, guardian, { method: 'DELETE' }),
      ask(`/office/pupils/${MINE}/documents/${uuid(50)}`, { ...office, municipalityId: 2 }, { method: 'DELETE' }),
    ]);
    const seen = await Promise.all(answers.map(async (one) => `${one.status} ${await one.text()}`));
    expect(new Set(seen.map((one) => one.replaceAll(/"instance":"[^"]*",?/g, ''))).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
  });
});

describe('what is refused', () => {
  beforeAll(async () => {
    anagrafica = await runAnagrafica();
    const put = (request: ReturnType<typeof pupil>) =>
      callUnary(anagrafica.registry, 'put', request, { deadlineMs: 10_000 });
    await put(frame(1));
    await put(pupil(1, 1));
  }, 60_000);

  afterAll(async () => {
    await anagrafica?.close();
  }, 30_000);

  test.each<[string, Partial<Filing>, number, string]>([
    ['a page of HTML that says PDF', { bytes: Buffer.from('<script>alert(1)</script>') }, 415, 'type_not_allowed'],
    ['a picture that says PDF', { bytes: PNG }, 415, 'type_mismatch'],
    ['a PDF that says HTML', { type: 'text/html' }, 415, 'type_mismatch'],
    ['an empty file', { bytes: Buffer.alloc(0) }, 422, 'empty'],
    ['10 MB and one byte', { bytes: Buffer.concat([PDF, Buffer.alloc(10 * 1024 * 1024)]) }, 413, 'too_large'],
    ['an unknown kind', { kind: 'contract' }, 422, 'malformed'],
    ['a file name that climbs', { fileName: '../modulo.pdf' }, 422, 'malformed'],
  ])('%s', async (_what, filing, status, kind) => {
    expect(await kindOf(await file({ documentId: uuid(60), ...filing }))).toEqual([status, kind]);
    const { documents } = DocumentsAnswer.parse(await (await ask(`/pupils/${MINE}/documents`, guardian)).json());
    expect(documents).toEqual([]);
  });

  test('a service files over gRPC under the same rules', async () => {
    const request = FileDocumentRequest.create({
      municipalityId: 1,
      documentId: uuid(61),
      pupilId: MINE,
      kind: 'certification_730',
      title: 'Certificazione per modello 730',
      fileName: 'certificazione-730.pdf',
      mediaType: 'application/pdf',
      content: PDF,
      addedBy: 'billing',
    });
    const call = (change: Partial<FileDocumentRequest>) =>
      callUnary(anagrafica.registry, 'fileDocument', { ...request, ...change }, { deadlineMs: 5_000 });
    expect(await call({})).toEqual({ filed: true, refusalKind: '', refusalField: '' });
    expect(await call({})).toMatchObject({ filed: true });
    expect(await call({ title: 'Altro' })).toMatchObject({ filed: false, refusalKind: 'id_taken' });
    expect(await call({ documentId: uuid(62), pupilId: uuid(9_999) })).toMatchObject({ refusalKind: 'unknown_pupil' });
    expect(await call({ documentId: uuid(62), content: PNG })).toMatchObject({ refusalKind: 'type_mismatch' });
  });

  test('the list goes on where its page ended, and refuses a cursor that it did not make', async () => {
    for (const number of [63, 64, 65]) await file({ documentId: uuid(number), title: `Lettera ${number}` });
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = new URLSearchParams({ limit: '2', ...(cursor === '' ? {} : { cursor }) });
      const page = DocumentsAnswer.parse(await (await ask(`/pupils/${MINE}/documents?${query}`, guardian)).json());
      seen.push(...page.documents.map((one) => one.documentId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([uuid(65), uuid(64), uuid(63), uuid(61)]);
    for (const query of ['cursor=x', 'cursor=2026-01-01T00:00:00.000Z~no-id', 'limit=0', 'limit=101']) {
      expect(await kindOf(await ask(`/pupils/${MINE}/documents?${query}`, guardian))).toEqual([422, 'malformed']);
    }
  });

  test('every read leaves one line per reader, hour and what was read, which the guardian sees', async () => {
    await ask(`/pupils/${MINE}`, guardian);
    await ask(`/pupils/${MINE}`, guardian);
    await ask(`/pupils/${MINE}/documents/${uuid(61)}/content`, guardian);
    const { reads } = ReadsAnswer.parse(await (await ask(`/pupils/${MINE}/reads`, guardian)).json());
    const lines = new Set(reads.map((one) => `${one.reader} ${one.what}`));
    for (const what of ['record', 'documents', 'document']) expect([...lines].join()).toContain(what);
    const page = ReadsAnswer.parse(await (await ask(`/pupils/${MINE}/reads?limit=1`, guardian)).json());
    expect(page.reads).toHaveLength(1);
    expect(page.nextCursor).not.toBeNull();
    const next = new URLSearchParams({ limit: '100', cursor: page.nextCursor ?? '' });
    const rest = ReadsAnswer.parse(await (await ask(`/pupils/${MINE}/reads?${next}`, guardian)).json());
    expect([...page.reads, ...rest.reads]).toEqual(reads);
  });
});
