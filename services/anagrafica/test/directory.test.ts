import type { PupilRecord } from '@campanella/proto/anagrafica/v1/anagrafica';
import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';
import { DirectoryChanged } from '@campanella/proto/events/v1/events';
import { callUnary, refusalKindOf } from '@campanella/service-kit';
import { eventually } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import {
  codiceFiscale,
  frame,
  GUARDIAN,
  pupil,
  type RunningAnagrafica,
  runAnagrafica,
  TARIFF,
  uuid,
} from './running-anagrafica.ts';

let anagrafica: RunningAnagrafica;

const put = (request: PutRequest) => callUnary(anagrafica.registry, 'put', request, { deadlineMs: 20_000 });
const changesAfter = (municipalityId: number, afterVersion: number, pageSize = 1_000) =>
  callUnary(anagrafica.directory, 'listChanges', { municipalityId, afterVersion, pageSize }, { deadlineMs: 5_000 });
const pupilsOf = async (municipalityId: number, code: string) =>
  (
    await callUnary(
      anagrafica.guardians,
      'listPupilsOfGuardian',
      { municipalityId, codiceFiscale: code },
      { deadlineMs: 5_000 },
    )
  ).pupilIds;

beforeAll(async () => {
  anagrafica = await runAnagrafica(2);
}, 60_000);

afterAll(async () => {
  await anagrafica?.close();
}, 30_000);

test('a reader that pages while many write skips no change and sees versions only rise', async () => {
  const municipalityId = 1;
  await put(frame(municipalityId));
  const writers = 8;
  const rounds = 15;
  const stop = { isDone: false };
  const held = new Map<string, PupilRecord>();
  let version = 0;
  const readOnce = async (): Promise<void> => {
    const page = await changesAfter(municipalityId, version, 3);
    let previous = version;
    for (const one of page.pupils) {
      expect(one.version).toBeGreaterThan(previous);
      previous = one.version;
      held.set(one.pupilId, one);
    }
    expect(page.version).toBeGreaterThanOrEqual(previous);
    version = page.version;
    if (page.more) await readOnce();
  };
  const reading = (async () => {
    while (!stop.isDone) await readOnce();
  })();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let round = 0; round < rounds; round += 1) {
        await put(pupil(municipalityId, writer * 3 + (round % 3), { givenName: `Nome ${writer}-${round}` }));
      }
    }),
  );
  stop.isDone = true;
  await reading;
  await readOnce();
  const whole = await changesAfter(municipalityId, 0);
  expect(whole.pupils).toHaveLength(writers * 3);
  expect([...held.values()].sort((one, other) => one.version - other.version)).toEqual(whole.pupils);
  expect(version).toBe(whole.version);
}, 60_000);

test('each record carries the whole state; a class renamed or a price changed brings its pupils again', async () => {
  await put(frame(2));
  await put(pupil(2, 1, { dietCode: 'GF' }));
  const before = await changesAfter(2, 0);
  expect(before.pupils).toMatchObject([
    {
      municipalityId: 2,
      displayName: 'Nuvola Segnaposto',
      className: '1A',
      dietCode: 'GF',
      diets: [{ dietCode: 'GF', validUntil: '' }],
      removed: false,
      badges: [{ badgeNumber: '0A00000001', blocked: false, validFrom: '2026-09-01', validUntil: '' }],
      enrolments: [
        {
          service: 'school_meals',
          paymentMode: 1,
          overdraftCents: 1_000,
          prices: [{ priceCents: 520, validFrom: '2026-09-01', validUntil: '' }],
        },
      ],
    },
  ]);
  await put(PutRequest.create({ municipalityId: 2, classes: frame(2).classes.map((one) => ({ ...one, name: '1B' })) }));
  const renamed = await changesAfter(2, before.version);
  expect(renamed.pupils).toMatchObject([{ className: '1B' }]);
  const prices = [
    { priceCents: 520, validFrom: '2026-09-01', validUntil: '2026-12-31' },
    { priceCents: 540, validFrom: '2027-01-01', validUntil: '' },
  ];
  await put(
    PutRequest.create({
      municipalityId: 2,
      tariffs: [{ tariffId: TARIFF, service: 'school_meals', name: 'Intera', prices }],
    }),
  );
  const dearer = await changesAfter(2, renamed.version);
  expect(dearer.pupils.flatMap((one) => one.enrolments.flatMap((enrolment) => enrolment.prices))).toEqual(prices);
  expect((await changesAfter(2, dearer.version)).pupils).toEqual([]);
});

test('a pupil who has left is removed from the directory, and tells nothing else', async () => {
  await put(frame(3));
  await put(pupil(3, 1, { dietCode: 'GF' }));
  await put(
    PutRequest.create({ municipalityId: 3, pupils: pupil(3, 1).pupils.map((one) => ({ ...one, closed: true })) }),
  );
  const { pupils } = await changesAfter(3, 0);
  expect(pupils).toMatchObject([
    { removed: true, displayName: '', dietCode: '', diets: [], badges: [], enrolments: [] },
  ]);
});

test('an event without data announces each transaction once', async () => {
  const connection = await connect(anagrafica.amqpUrl);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'campanella.events', 'anagrafica.directory_changed.v1');
  const events: { municipalityId: number; version: number }[] = [];
  const bodies: Buffer[] = [];
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const event = DirectoryChanged.decode(message.content);
    if (event.municipalityId !== 4) return;
    events.push(event);
    bodies.push(message.content);
  });
  await put(frame(4));
  const many = [1, 2, 3].map((number) => pupil(4, number));
  const stored = await put(
    PutRequest.create({
      municipalityId: 4,
      pupils: many.flatMap((one) => one.pupils),
      enrolments: many.flatMap((one) => one.enrolments),
      badges: many.flatMap((one) => one.badges),
    }),
  );
  await put(pupil(4, 1)); // changes nothing, so announces nothing
  await put(
    PutRequest.create({
      municipalityId: 4,
      guardians: frame(4).guardians.map((one) => ({ ...one, givenName: 'Leone' })),
    }),
  );
  await put(pupil(4, 1, { givenName: 'Brezza' }));
  await eventually(() => events.length >= 3, { withinMs: 10_000 });
  expect(events.map((event) => event.version)).toEqual([1, stored.directoryVersion, stored.directoryVersion + 1]);
  expect(bodies.every((body) => body.length < 20)).toBe(true);
  await connection.close();
});

test('a guardian answers for the pupils whose payer he or she is, and no longer once replaced', async () => {
  await put(frame(5));
  await put(pupil(5, 1));
  await put(pupil(5, 2));
  expect(await pupilsOf(5, codiceFiscale(1))).toEqual([uuid(1_001), uuid(1_002)]);
  expect(await pupilsOf(5, codiceFiscale(1).toLowerCase())).toHaveLength(2);
  const other = { guardianId: uuid(6), givenName: 'Stella', familyName: 'Prova', codiceFiscale: codiceFiscale(2) };
  const enrolments = pupil(5, 2).enrolments.map((one) => ({ ...one, guardianId: other.guardianId }));
  await put(PutRequest.create({ municipalityId: 5, guardians: [other], enrolments }));
  expect(await pupilsOf(5, codiceFiscale(1))).toEqual([uuid(1_001)]);
  expect(await pupilsOf(5, codiceFiscale(2))).toEqual([uuid(1_002)]);
});

test('a payer of a past enrolment gives way to the payer of the one in force; one to come does not', async () => {
  const town = frame(6);
  const always = [{ priceCents: 520, validFrom: '2000-01-01', validUntil: '' }];
  await put({ ...town, tariffs: town.tariffs.map((tariff) => ({ ...tariff, prices: always })) });
  const year = { schoolYearId: uuid(20), name: 'sempre', validFrom: '2000-01-01', validUntil: '2100-12-31' };
  const guardians = [2, 3].map((number) => ({
    guardianId: uuid(5 + number),
    givenName: 'Stella',
    familyName: 'Prova',
    codiceFiscale: codiceFiscale(number),
  }));
  const [base] = pupil(6, 1).enrolments;
  if (base === undefined) throw new Error('the pupil has an enrolment');
  const spans = [
    { guardianId: GUARDIAN, validFrom: '2000-01-01', validUntil: '2010-12-31' },
    { guardianId: uuid(7), validFrom: '2011-01-01', validUntil: '2090-12-31' },
    { guardianId: uuid(8), validFrom: '2091-01-01', validUntil: '2100-12-31' },
  ];
  await put(
    PutRequest.create({
      ...pupil(6, 1),
      schoolYears: [year],
      guardians,
      enrolments: spans.map((span, index) => ({
        ...base,
        ...span,
        enrolmentId: uuid(2_100 + index),
        schoolYearId: year.schoolYearId,
      })),
    }),
  );
  expect(await pupilsOf(6, codiceFiscale(1))).toEqual([]);
  expect(await pupilsOf(6, codiceFiscale(2))).toEqual([uuid(1_001)]);
  expect(await pupilsOf(6, codiceFiscale(3))).toEqual([]);
});

test('another municipality is never answered for', async () => {
  await put(frame(7));
  await put(pupil(7, 1));
  await put(frame(8));
  expect(await pupilsOf(8, codiceFiscale(1))).toEqual([]);
  expect((await changesAfter(8, 0)).pupils).toEqual([]);
  const { schools } = await callUnary(
    anagrafica.directory,
    'listSchools',
    { municipalityId: 999 },
    { deadlineMs: 5_000 },
  );
  expect(schools).toEqual([]);
});

test.each([
  ['an unknown municipality', 999, 0, 10, 'unknown_municipality'],
  ['no municipality', 0, 0, 10, 'malformed'],
  ['a page of nothing', 7, 0, 0, 'malformed'],
  ['a page too large', 7, 0, 1_001, 'malformed'],
  ['a negative version', 7, -1, 10, 'malformed'],
])('the directory of %s is refused', async (_fault, municipalityId, afterVersion, pageSize, kind) => {
  const failed = callUnary(
    anagrafica.directory,
    'listChanges',
    { municipalityId, afterVersion, pageSize },
    { deadlineMs: 5_000 },
  );
  await expect(failed.catch((cause: unknown) => refusalKindOf(cause))).resolves.toBe(kind);
});

test('a text that is no codice fiscale has no pupils', async () => {
  expect(await pupilsOf(7, '')).toEqual([]);
  expect(await pupilsOf(7, "' or 1=1 --")).toEqual([]);
});

test('no name, codice fiscale, badge number or diet is in the log', () => {
  const output = anagrafica.output();
  expect(output).not.toBe('');
  for (const secret of ['Segnaposto', 'Nuvola', codiceFiscale(1), '0A00000001', '"GF"']) {
    expect(output).not.toContain(secret);
  }
});

test('the payer of a pupil in a service is told whole; of anybody else there is none', async () => {
  const municipalityId = 21;
  await put(frame(municipalityId));
  const known = pupil(municipalityId, 1);
  await put(known);
  const pupilId = known.pupils[0]?.pupilId ?? '';
  const payerOf = (asked: { pupilId: string; service: string }, of = municipalityId) =>
    callUnary(anagrafica.guardians, 'getPayer', { municipalityId: of, ...asked }, { deadlineMs: 5_000 });
  expect(await payerOf({ pupilId, service: 'school_meals' })).toEqual({
    ...{ guardianId: GUARDIAN, givenName: 'Zefiro', familyName: 'Prova', codiceFiscale: codiceFiscale(1) },
    ...{ paymentMode: 1, overdraftCents: 1_000 },
  });
  for (const ask of [
    () => payerOf({ pupilId, service: 'transport' }),
    () => payerOf({ pupilId: uuid(999_999), service: 'school_meals' }),
    () => payerOf({ pupilId, service: 'school_meals' }, 22),
  ]) {
    expect(await ask().then(() => null, refusalKindOf)).toBe('unknown_payer');
  }
});

test('the payers of many pupils come at once, with where invoices go; who has none is left out', async () => {
  const municipalityId = 23;
  await put(frame(municipalityId));
  const [first, second] = [pupil(municipalityId, 1), pupil(municipalityId, 2)];
  await put({
    ...first,
    enrolments: first.enrolments.map((one) => ({ ...one, invoiceEmail: 'fatture@famiglia.example' })),
  });
  await put(second);
  const pupilIds = [first, second].map(({ pupils }) => pupils[0]?.pupilId ?? '');
  const asked = { municipalityId, pupilIds: [...pupilIds, uuid(999_999)], service: 'school_meals' };
  const { payers } = await callUnary(anagrafica.guardians, 'listPayers', asked, { deadlineMs: 5_000 });
  expect(new Map(payers.map((one) => [one.pupilId, [one.payer?.guardianId, one.invoiceEmail]]))).toEqual(
    new Map([
      [pupilIds[0], [GUARDIAN, 'fatture@famiglia.example']],
      [pupilIds[1], [GUARDIAN, '']],
    ]),
  );
  const [known] = payers.filter(({ pupilId }) => pupilId === pupilIds[0]);
  expect([known?.pupilFamilyName, known?.pupilCodiceFiscale]).toEqual([
    ...[first.pupils[0]?.familyName, first.pupils[0]?.codiceFiscale],
  ]);
  const tooMany = { ...asked, pupilIds: Array.from({ length: 501 }, (_, index) => uuid(index)) };
  const refused = callUnary(anagrafica.guardians, 'listPayers', tooMany, { deadlineMs: 5_000 });
  expect(await refused.then(() => null, refusalKindOf)).toBe('malformed');
});
