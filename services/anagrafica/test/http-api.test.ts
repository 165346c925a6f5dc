import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';
import { callUnary } from '@campanella/service-kit';
import { id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RecordAnswer } from '../src/http/describe.ts';
import { frame, pupil, type RunningAnagrafica, runAnagrafica, uuid } from './running-anagrafica.ts';

let anagrafica: RunningAnagrafica;

const put = (request: PutRequest) => callUnary(anagrafica.registry, 'put', request, { deadlineMs: 10_000 });

beforeAll(async () => {
  anagrafica = await runAnagrafica();
  for (const municipalityId of [1, 2]) {
    await put(frame(municipalityId));
    await put(pupil(municipalityId, 1, { givenName: municipalityId === 1 ? 'Nuvola' : 'Altrove' }));
    await put(pupil(municipalityId, 2));
  }
}, 60_000);

afterAll(async () => {
  await anagrafica?.close();
}, 30_000);

async function get(
  path: string,
  person: { municipalityId: number; pupilIds: readonly string[] } | null,
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (person !== null) {
    const token = await anagrafica.identity.tokenFor({
      municipalityId: numberId<MunicipalityId>(person.municipalityId),
      role: 'guardian',
      pupilIds: person.pupilIds.map((pupilId) => id<PupilId>(pupilId)),
    });
    headers['authorization'] = `Bearer ${token}`;
  }
  return fetch(`${anagrafica.httpUrl}${path}`, { headers });
}

async function withoutInstance(answer: Response): Promise<string> {
  const body = (await answer.json()) as object;
  return JSON.stringify({ ...body, instance: undefined });
}

test("answers the caller's own pupils with badges, enrolments and the price of today", async () => {
  const response = await get('/api/anagrafica/pupils', { municipalityId: 1, pupilIds: [uuid(1_001)] });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({
    pupils: [
      {
        pupilId: uuid(1_001),
        displayName: 'Nuvola Segnaposto',
        schoolName: 'Il Girasole',
        className: '1A',
        status: 'open',
        badges: [
          {
            badgeId: uuid(3_001),
            badgeNumber: '0A00000001',
            status: 'active',
            validFrom: '2026-09-01',
            validUntil: null,
          },
        ],
        enrolments: [
          {
            service: 'school_meals',
            serviceName: 'Refezione scolastica',
            paymentMode: 'prepaid',
            validFrom: '2026-09-01',
            validUntil: '2027-08-31',
            priceCents: 520,
          },
        ],
      },
    ],
  });
});

test("never answers another municipality's pupil, though the id is in the token", async () => {
  const elsewhere = await get('/api/anagrafica/pupils', { municipalityId: 2, pupilIds: [uuid(1_001)] });
  expect(await elsewhere.json()).toMatchObject({ pupils: [{ displayName: 'Altrove Segnaposto' }] });
  const nowhere = await get('/api/anagrafica/pupils', { municipalityId: 3, pupilIds: [uuid(1_001)] });
  expect(await nowhere.json()).toEqual({ pupils: [] });
});

test('answers a person without pupils with an empty list, whatever is asked in the query', async () => {
  const response = await get(`/api/anagrafica/pupils?pupilIds=${uuid(1_001)}`, { municipalityId: 1, pupilIds: [] });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ pupils: [] });
});

test("answers the whole record of one of the caller's own pupils", async () => {
  const birth = { bornOn: '2017-03-09', sex: 'F', municipality: 'Esempiopoli', province: 'EE' };
  const residence = {
    municipality: 'Esempiopoli',
    postalCode: '00000',
    province: 'EE',
    street: 'via delle Prove',
    streetNumber: '12/B',
    phone: '',
  };
  await put(pupil(1, 3, { birth, residence }));
  const response = await get(`/api/anagrafica/pupils/${uuid(1_003)}`, { municipalityId: 1, pupilIds: [uuid(1_003)] });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const body = RecordAnswer.parse(await response.json());
  expect(body).toMatchObject({
    status: 'open',
    birth,
    residence,
    badges: [{ status: 'active' }],
    enrolments: [
      {
        serviceName: 'Refezione scolastica',
        schoolName: 'Il Girasole',
        className: '1A',
        paymentMode: 'prepaid',
        priceCents: 520,
        priceHistory: [{ priceCents: 520 }],
        reductions: [],
        invoiceEmail: '',
        invoiceAddress: null,
        isee: null,
      },
    ],
  });
  expect(Object.keys(body)).not.toContain('dietCode');
});

const ADDRESS = {
  ...{ recipient: 'Zefiro Prova', street: 'via delle Prove 12/B', postalCode: '00000' },
  ...{ municipality: 'Esempiopoli', province: 'EE' },
};

test('the price of a pupil with a reduction is the one that he or she pays', async () => {
  const request = pupil(1, 4);
  const enrolments = request.enrolments.map((one) => ({
    ...one,
    reductions: { items: [{ percent: 100, reason: 'exemption', validFrom: '2026-09-01', validUntil: '' }] },
    invoiceEmail: 'famiglia@esempio.example',
    invoiceAddress: ADDRESS,
  }));
  await put({ ...request, enrolments });
  const own = { municipalityId: 1, pupilIds: [uuid(1_004)] };
  const record = RecordAnswer.parse(await (await get(`/api/anagrafica/pupils/${uuid(1_004)}`, own)).json());
  expect(record.enrolments).toMatchObject([
    {
      priceCents: 0,
      reductions: [{ percent: 100, reason: 'exemption', validFrom: '2026-09-01', validUntil: null }],
      invoiceEmail: 'famiglia@esempio.example',
      invoiceAddress: ADDRESS,
    },
  ]);
  const sheet = await (await get('/api/anagrafica/pupils', own)).json();
  expect(sheet).toMatchObject({ pupils: [{ enrolments: [{ priceCents: 0 }] }] });
});

test('tells the ISEE band that makes the price, and until when, but not the indicator', async () => {
  const [tariff] = frame(1).tariffs;
  if (tariff === undefined) throw new Error('there is a tariff');
  const banded = { ...tariff, tariffId: uuid(40), name: 'A fasce' };
  const band = { validFrom: '2026-09-01', iseeUpToCents: 1_500_000, priceCents: 350 };
  const request = pupil(1, 6);
  await put({
    ...request,
    tariffs: [{ ...banded, bands: { items: [band] } }],
    enrolments: request.enrolments.map((one) => ({ ...one, tariffId: uuid(40) })),
    households: [{ householdId: uuid(50), name: 'F-6', pupilIds: [uuid(1_006)], guardianIds: [] }],
  });
  const own = { municipalityId: 1, pupilIds: [uuid(1_006)] };
  const shown = async () => RecordAnswer.parse(await (await get(`/api/anagrafica/pupils/${uuid(1_006)}`, own)).json());
  const none = { outcome: 'no_certification', upToCents: null, certifiedUntil: null };
  expect((await shown()).enrolments).toMatchObject([{ priceCents: 520, isee: none }]);
  const certification = {
    ...{ iseeCents: 1_234_567, reference: 'INPS-ISEE-1', validFrom: '2026-09-01', validUntil: '2099-08-31' },
  };
  await put(
    PutRequest.create({ municipalityId: 1, isee: [{ householdId: uuid(50), certifications: [certification] }] }),
  );
  const record = await shown();
  expect(record.enrolments).toMatchObject([
    { priceCents: 350, isee: { outcome: 'in_band', upToCents: 1_500_000, certifiedUntil: '2099-08-31' } },
  ]);
  expect(JSON.stringify(record)).not.toMatch(/1234567|INPS/);
  expect(anagrafica.output()).not.toMatch(/1234567|INPS/);
});

test('answers what is not known of a pupil as not known', async () => {
  const response = await get(`/api/anagrafica/pupils/${uuid(1_002)}`, { municipalityId: 1, pupilIds: [uuid(1_002)] });
  expect(await response.json()).toMatchObject({ birth: null, residence: null });
});

test("somebody else's pupil, one of another municipality and one that there is not get the same refusal", async () => {
  const own = { municipalityId: 1, pupilIds: [uuid(1_001)] };
  const answers = await Promise.all([
    get(`/api/anagrafica/pupils/${uuid(1_002)}`, own),
    get(`/api/anagrafica/pupils/${uuid(9_999)}`, own),
    get('/api/anagrafica/pupils/not-an-id', own),
    get(`/api/anagrafica/pupils/${uuid(1_001)}`, { ...own, municipalityId: 3 }),
  ]);
  const seen = await Promise.all(answers.map(async (answer) => `${answer.status} ${await withoutInstance(answer)}`));
  expect(new Set(seen).size).toBe(1);
  expect(answers[0]?.status).toBe(404);
});

test('shows blocked and expired badges as what they are', async () => {
  const [badge] = pupil(1, 2).badges;
  if (badge === undefined) throw new Error('the pupil has a badge');
  const badges = [
    { ...badge, blocked: true },
    { ...badge, badgeId: uuid(4_000), badgeNumber: '0C00000000', validFrom: '2020-09-01', validUntil: '2021-08-31' },
  ];
  await put(PutRequest.create({ municipalityId: 1, badges }));
  const response = await get('/api/anagrafica/pupils', { municipalityId: 1, pupilIds: [uuid(1_002)] });
  expect(await response.json()).toMatchObject({ pupils: [{ badges: [{ status: 'expired' }, { status: 'blocked' }] }] });
});

test("answers the caller's own municipality", async () => {
  const response = await get('/api/anagrafica/municipality', { municipalityId: 1, pupilIds: [] });
  expect(await response.json()).toEqual({
    name: 'Comune 1',
    websiteUrl: 'https://www.comune.esempio.example/',
    officeContact: 'ufficio.scuola@comune.esempio.example',
  });
});

test('an unknown municipality and an unknown page are problems without detail', async () => {
  const unknown = await get('/api/anagrafica/municipality', { municipalityId: 3, pupilIds: [] });
  expect(unknown.status).toBe(404);
  expect(unknown.headers.get('content-type')).toContain('application/problem+json');
  expect(await unknown.json()).toMatchObject({ kind: 'not_found', status: 404 });
  expect((await get('/api/anagrafica/teachers', { municipalityId: 1, pupilIds: [] })).status).toBe(404);
});

test.each(['/api/anagrafica/pupils', '/api/anagrafica/municipality'])('%s without a token is refused', async (path) => {
  expect((await get(path, null)).status).toBe(401);
  const forged = await fetch(`${anagrafica.httpUrl}${path}`, {
    headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
  });
  expect(forged.status).toBe(401);
});

test('serves its description, as it is committed', async () => {
  const response = await fetch(`${anagrafica.httpUrl}/openapi.json`);
  const { default: committed } = await import('../openapi.json', { with: { type: 'json' } });
  expect(await response.json()).toEqual(committed);
});
