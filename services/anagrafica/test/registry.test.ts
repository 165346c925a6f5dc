import { openDatabase } from '@campanella/postgres';
import {
  BadgeChangeKind,
  PutRequest,
  type PutResponse,
  RecordRefusalKind,
  RecordType,
} from '@campanella/proto/anagrafica/v1/registry';
import { callUnary, createLogger, refusalKindOf } from '@campanella/service-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { frame, pupil, type RunningAnagrafica, runAnagrafica, SCHOOL, uuid } from './running-anagrafica.ts';

let anagrafica: RunningAnagrafica;
let database: ReturnType<typeof openDatabase>;

const put = (request: PutRequest): Promise<PutResponse> =>
  callUnary(anagrafica.registry, 'put', request, { deadlineMs: 10_000 });

beforeAll(async () => {
  anagrafica = await runAnagrafica(2);
  const logger = createLogger({ service: 'test', level: 'error' });
  database = openDatabase({ url: anagrafica.databaseUrl, applicationName: 'test' }, logger);
  await database.start();
}, 60_000);

afterAll(async () => {
  await database?.stop();
  await anagrafica?.close();
}, 30_000);

async function count(table: string, municipalityId: number): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    text: `select count(*) from ${table} where municipality_id = $1`,
    values: [municipalityId],
  });
  return rows[0]?.count ?? -1;
}

describe('a Put', () => {
  test('sent again changes nothing and moves no version', async () => {
    await put(frame(1));
    const first = await put(pupil(1, 1, { dietCode: 'GF' }));
    expect(first).toMatchObject({ stored: true, changedCount: 3, refusals: [] });
    expect(await put(pupil(1, 1, { dietCode: 'GF' }))).toEqual({ ...first, changedCount: 0 });
    expect(await put(frame(1))).toMatchObject({ changedCount: 0, directoryVersion: first.directoryVersion });
    expect(await count('badge_changes', 1)).toBe(1);
  });

  test('with one refused record stores none of them, and names every fault', async () => {
    await put(frame(2));
    const good = pupil(2, 1);
    const bad = pupil(2, 2);
    const answer = await put({
      ...good,
      pupils: [...good.pupils, ...bad.pupils.map((one) => ({ ...one, codiceFiscale: 'PRVZFR81S02F205X' }))],
      badges: [
        ...good.badges,
        ...bad.badges.map((one) => ({ ...one, badgeNumber: '0A00000001', validUntil: '2020-01-01' })),
      ],
      classes: [{ classId: uuid(90), schoolId: uuid(91), schoolYearId: uuid(92), name: '9Z' }],
    });
    expect(answer.stored).toBe(false);
    expect(answer.refusals.map(({ recordType, index, kind, field }) => [recordType, index, kind, field])).toEqual([
      [RecordType.PUPIL, 1, RecordRefusalKind.INVALID_CODICE_FISCALE, 'codice_fiscale'],
      [RecordType.BADGE, 1, RecordRefusalKind.INVERTED_VALIDITY, 'valid_until'],
      [RecordType.CLASS, 0, RecordRefusalKind.UNKNOWN_REFERENCE, 'school_id'],
      [RecordType.CLASS, 0, RecordRefusalKind.UNKNOWN_REFERENCE, 'school_year_id'],
    ]);
    expect(await count('pupils', 2)).toBe(0);
  });

  test('for an unknown municipality is refused, and creates nothing', async () => {
    const answer = await put(
      PutRequest.create({ municipalityId: 77, schools: [{ schoolId: SCHOOL, name: 'Il Faro' }] }),
    );
    expect(answer.refusals).toMatchObject([
      { recordType: RecordType.MUNICIPALITY, kind: RecordRefusalKind.UNKNOWN_REFERENCE },
    ]);
    expect(await count('municipalities', 77)).toBe(0);
  });

  test('of too many records is refused as a whole', async () => {
    const schools = Array.from({ length: 5_001 }, (_, index) => ({ schoolId: uuid(index), name: 'Il Faro' }));
    const failed = put(PutRequest.create({ municipalityId: 1, schools }));
    await expect(failed.catch((cause: unknown) => refusalKindOf(cause))).resolves.toBe('malformed');
  });

  test('keeps a diet that it does not mention, and holds it sealed', async () => {
    await put(frame(3));
    await put(pupil(3, 1, { dietCode: 'GF-CELIAC' }));
    await put(pupil(3, 2, { dietCode: '' }));
    await put(pupil(3, 1, { givenName: 'Brezza' }));
    const { rows } = await database.query<{
      given_name: string;
      diet_sealed: string;
      diets_sealed: string;
      whole: string;
    }>({
      text: `select given_name, diet_sealed, diets_sealed, row_to_json(pupils)::text as whole from pupils where municipality_id = 3 order by pupil_id`,
    });
    expect(rows.map((row) => row.given_name)).toEqual(['Brezza', 'Nuvola']);
    expect(rows.every((row) => /^f1\.[0-9a-f]{8}\.[\w-]+$/.test(row.diet_sealed))).toBe(true);
    expect(rows.every((row) => !row.whole.includes('CELIAC'))).toBe(true);
    expect(new Set(rows.map((row) => `${row.diet_sealed.length} ${row.diets_sealed.length}`)).size).toBe(1);
    const page = await callUnary(
      anagrafica.directory,
      'listChanges',
      { municipalityId: 3, afterVersion: 0, pageSize: 10 },
      { deadlineMs: 5_000 },
    );
    expect(page.pupils.map((one) => one.dietCode).sort()).toEqual(['', 'GF-CELIAC']);
  });

  test('lets two people swap what was confused, in one call', async () => {
    await put(frame(4));
    await put(pupil(4, 1));
    await put(pupil(4, 2));
    const [one, two] = [pupil(4, 1), pupil(4, 2)];
    const [first, second] = [one.pupils[0], two.pupils[0]];
    if (first === undefined || second === undefined) throw new Error('both have a pupil');
    const swapped = await put(
      PutRequest.create({
        municipalityId: 4,
        pupils: [
          { ...first, codiceFiscale: second.codiceFiscale },
          { ...second, codiceFiscale: first.codiceFiscale },
        ],
      }),
    );
    expect(swapped).toMatchObject({ stored: true, changedCount: 2 });
  });
});

describe('rivals', () => {
  test('for one badge number, sent at once to two replicas: one holds it, the others are refused', async () => {
    await put(frame(10));
    for (let number = 1; number <= 10; number += 1) await put({ ...pupil(10, number), badges: [] });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => {
        const badges = pupil(10, index + 1).badges.map((badge) => ({ ...badge, badgeNumber: '0AFFFFFFFF' }));
        return put(PutRequest.create({ municipalityId: 10, badges }));
      }),
    );
    expect(answers.filter((answer) => answer.stored)).toHaveLength(1);
    for (const answer of answers.filter((one) => !one.stored)) {
      expect(answer.refusals).toMatchObject([{ kind: RecordRefusalKind.BADGE_HELD, field: 'badge_number' }]);
    }
    expect(await count('badges', 10)).toBe(1);
  });

  test('for the first call of a municipality: both are stored', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => put(frame(11))));
    expect(answers.every((answer) => answer.stored)).toBe(true);
    expect(answers.filter((answer) => answer.changedCount > 0)).toHaveLength(1);
    expect(await count('schools', 11)).toBe(1);
  });

  test('of another municipality may have the same ids, badge numbers and codici fiscali', async () => {
    await put(frame(12));
    await put(frame(13));
    expect(await put(pupil(12, 1))).toMatchObject({ stored: true });
    expect(await put(pupil(13, 1))).toMatchObject({ stored: true });
    await put(pupil(13, 1, { givenName: 'Brezza' }));
    const { rows } = await database.query<{ given_name: string }>({
      text: 'select given_name from pupils where municipality_id = 12',
    });
    expect(rows).toEqual([{ given_name: 'Nuvola' }]);
  });
});

describe('a badge', () => {
  test('that is lost, replaced and found again stays blocked, and its history says so', async () => {
    await put(frame(20));
    await put(pupil(20, 1));
    const [old] = pupil(20, 1).badges;
    if (old === undefined) throw new Error('the pupil has a badge');
    const replacement = { ...old, badgeId: uuid(4_001), badgeNumber: '0B00000001', replacesBadgeId: old.badgeId };
    expect(await put(PutRequest.create({ municipalityId: 20, badges: [replacement] }))).toMatchObject({
      changedCount: 2,
    });
    expect(await put(PutRequest.create({ municipalityId: 20, badges: [replacement] }))).toMatchObject({
      changedCount: 0,
    });
    const found = await put(PutRequest.create({ municipalityId: 20, badges: [old] }));
    expect(found.refusals).toMatchObject([{ kind: RecordRefusalKind.BADGE_REPLACED }]);
    const { changes } = await callUnary(
      anagrafica.registry,
      'listBadgeHistory',
      { municipalityId: 20, pupilId: old.pupilId },
      { deadlineMs: 5_000 },
    );
    expect(changes.map(({ kind, badgeNumber }) => [kind, badgeNumber])).toEqual(
      expect.arrayContaining([
        [BadgeChangeKind.ASSIGNED, old.badgeNumber],
        [BadgeChangeKind.ASSIGNED, '0B00000001'],
        [BadgeChangeKind.REPLACED, old.badgeNumber],
      ]),
    );
    expect(changes).toHaveLength(3);
  });

  test('given to another pupil under its own id is refused; as a new badge after blocking it is taken', async () => {
    await put(frame(21));
    await put(pupil(21, 1));
    await put({ ...pupil(21, 2), badges: [] });
    const [badge] = pupil(21, 1).badges;
    if (badge === undefined) throw new Error('the pupil has a badge');
    const moved = await put(PutRequest.create({ municipalityId: 21, badges: [{ ...badge, pupilId: uuid(1_002) }] }));
    expect(moved.refusals).toMatchObject([{ kind: RecordRefusalKind.FIXED_FIELD_CHANGED, field: 'pupil_id' }]);
    const both = [
      { ...badge, badgeId: uuid(4_002), pupilId: uuid(1_002) },
      { ...badge, blocked: true },
    ];
    expect(await put(PutRequest.create({ municipalityId: 21, badges: both }))).toMatchObject({ stored: true });
  });
});
