import { serviceDate } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import { NO_RECORDS } from '../app/office.ts';
import { decidePut } from './decide-put.ts';
import { dietsOf } from './diet.ts';
import { parseRecords, type RecordsInput } from './parse-records.ts';
import type { Changes, RecordRefusal, StoredRecords } from './records.ts';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const [SCHOOL, YEAR, CLASS, TARIFF, GUARDIAN, PUPIL, OTHER_PUPIL, ENROLMENT, BADGE, NEW_BADGE] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
].map(uuid) as [string, string, string, string, string, string, string, string, string, string];

const NOTHING: StoredRecords = {
  municipality: null,
  schools: new Map(),
  schoolYears: new Map(),
  classes: new Map(),
  services: new Map(),
  tariffs: new Map(),
  guardians: new Map(),
  pupils: new Map(),
  diets: new Map(),
  households: new Map(),
  isee: new Map(),
  enrolments: new Map(),
  badges: new Map(),
  dietVersions: new Map(),
  spansOnTariff: new Map(),
};

const EMPTY: RecordsInput = NO_RECORDS;
const TODAY = serviceDate('2026-11-10');

const pupil = {
  pupilId: PUPIL,
  givenName: 'Stella',
  familyName: 'Prova',
  codiceFiscale: 'SMPRRA86C54H501M',
  classId: CLASS,
  dietCode: 'GF',
  closed: false,
  birth: { bornOn: '2018-03-04', sex: 'F', municipality: 'Vallefinta', province: 'EE' },
  residence: {
    ...{ municipality: 'Vallefinta', postalCode: '00000', province: 'EE', street: 'Via di Prova', streetNumber: '1/A' },
    phone: '000 0000000',
  },
};
const enrolment = {
  enrolmentId: ENROLMENT,
  pupilId: PUPIL,
  service: 'school_meals',
  schoolYearId: YEAR,
  guardianId: GUARDIAN,
  tariffId: TARIFF,
  paymentMode: 'prepaid' as const,
  overdraftCents: 1_000,
  validFrom: '2026-09-01',
  validUntil: '2027-08-31',
  reductions: null,
  invoiceEmail: null,
  invoiceAddress: null,
};
const ADDRESS = {
  ...{ recipient: 'Orso Prova', street: 'Via di Prova 1/A', postalCode: '00000' },
  ...{ municipality: 'Vallefinta', province: 'EE' },
};
const NO_ADDRESS = { recipient: '', street: '', postalCode: '', municipality: '', province: '' };
const DIET = {
  ...{ dietCode: 'GF', kind: 'health', reference: 'prot. 1/2026' },
  ...{ validFrom: '2026-09-01', validUntil: '2027-08-31' },
};
const REDUCTION = { percent: 20, reason: 'other', validFrom: '2026-09-01', validUntil: '' };
const badge = {
  badgeId: BADGE,
  pupilId: PUPIL,
  badgeNumber: '0100CDA4EC',
  blocked: false,
  validFrom: '2026-09-01',
  validUntil: '',
  replacesBadgeId: '',
};
const TOWN: RecordsInput = {
  ...EMPTY,
  municipality: {
    name: 'Vallefinta',
    websiteUrl: 'https://www.comune.vallefinta.example',
    officeContact: 'scuola@comune.vallefinta.example',
    lightDietDaysMax: null,
  },
  schools: [{ schoolId: SCHOOL, name: 'Il Girasole' }],
  schoolYears: [{ schoolYearId: YEAR, name: '2026/2027', validFrom: '2026-09-01', validUntil: '2027-08-31' }],
  classes: [{ classId: CLASS, schoolId: SCHOOL, schoolYearId: YEAR, name: '1A' }],
  services: [{ service: 'school_meals', name: 'Refezione scolastica' }],
  tariffs: [
    {
      tariffId: TARIFF,
      service: 'school_meals',
      name: 'Intera',
      prices: [{ priceCents: 520, validFrom: '2026-09-01', validUntil: '' }],
      bands: null,
    },
  ],
  guardians: [{ guardianId: GUARDIAN, givenName: 'Orso', familyName: 'Prova', codiceFiscale: 'PRVZFR81S02F205P' }],
  pupils: [pupil],
  enrolments: [enrolment],
  badges: [badge],
};

function put(stored: StoredRecords, input: RecordsInput): Changes {
  const parsed = parseRecords(input);
  expect(parsed.refusals).toEqual([]);
  const decision = decidePut(stored, parsed.records, TODAY);
  if (!decision.ok) throw new Error(JSON.stringify(decision.refusal.refusals));
  return decision.value;
}

function refusals(stored: StoredRecords, input: RecordsInput): Partial<RecordRefusal>[] {
  const parsed = parseRecords(input);
  const decision = decidePut(
    stored,
    parsed.records,
    TODAY,
    new Set(parsed.refusals.map((refusal) => refusal.recordId)),
  );
  return [...parsed.refusals, ...(decision.ok ? [] : decision.refusal.refusals)].map(({ kind, recordKind, field }) => ({
    kind,
    recordKind,
    field,
  }));
}

/** What is stored once the changes are written. */
function apply(stored: StoredRecords, changes: Changes): StoredRecords {
  const over = <Kind extends { readonly id: string }>(before: ReadonlyMap<string, Kind>, changed: readonly Kind[]) =>
    new Map([...before, ...changed.map((record) => [record.id, record] as const)]);
  const { records, dietsTold } = changes;
  const dietVersions = new Map(stored.dietVersions);
  for (const [id, diets] of dietsTold) {
    dietVersions.set(id, [...(dietVersions.get(id) ?? []), { recordedAt: null, recordedBy: null, diets }]);
  }
  return {
    dietVersions,
    spansOnTariff: new Map(records.enrolments.map((one) => [one.tariffId, [one.validity]] as const)),
    municipality: changes.municipality ?? stored.municipality,
    schools: over(stored.schools, records.schools),
    schoolYears: over(stored.schoolYears, records.schoolYears),
    classes: over(stored.classes, records.classes),
    services: over(stored.services, records.services),
    tariffs: over(stored.tariffs, records.tariffs),
    guardians: over(stored.guardians, records.guardians),
    pupils: over(stored.pupils, records.pupils),
    diets: over(stored.diets, records.diets),
    households: over(stored.households, records.households),
    isee: over(stored.isee, records.isee),
    enrolments: over(stored.enrolments, records.enrolments),
    badges: over(stored.badges, records.badges),
  };
}

const STORED = apply(NOTHING, put(NOTHING, TOWN));

describe('a Put', () => {
  test('of a whole town touches its pupils and assigns its badges', () => {
    const changes = put(NOTHING, TOWN);
    expect(changes.changedCount).toBe(10);
    expect(changes.directory.pupilIds).toEqual([PUPIL]);
    expect(changes.badgeChanges).toMatchObject([{ badgeId: BADGE, kind: 'assigned' }]);
  });

  test('of the same records again comes to nothing', () => {
    const changes = put(STORED, TOWN);
    expect(changes.changedCount).toBe(0);
    expect(changes.directory).toEqual({ pupilIds: [], classIds: [], tariffIds: [], surroundings: false });
  });

  test('that does not say birth and residence keeps them, and one that says them changes them', () => {
    const unsaid = { ...pupil, birth: null, residence: null };
    expect(put(STORED, { ...EMPTY, pupils: [unsaid] }).changedCount).toBe(0);
    const moved = { ...pupil.residence, street: 'Via Altrove' };
    expect(put(STORED, { ...EMPTY, pupils: [{ ...unsaid, residence: moved }] }).records.pupils).toMatchObject([
      { birth: pupil.birth, residence: { street: 'Via Altrove' } },
    ]);
  });

  test('that does not say reductions and invoice address keeps them, and one that says none removes them', () => {
    const reductions = [{ percent: 20, reason: 'other', validFrom: '2026-09-01', validUntil: '' }];
    const told = put(STORED, {
      ...EMPTY,
      enrolments: [{ ...enrolment, reductions, invoiceEmail: 'famiglia@esempio.example', invoiceAddress: ADDRESS }],
    });
    expect(told.records.enrolments).toMatchObject([
      { reductions: [{ percent: 20 }], invoiceEmail: 'famiglia@esempio.example', invoiceAddress: ADDRESS },
    ]);
    const known = {
      ...STORED,
      enrolments: new Map(told.records.enrolments.map((one) => [one.id, one])),
    };
    expect(put(known, { ...EMPTY, enrolments: [enrolment] }).changedCount).toBe(0);
    const none = { reductions: [], invoiceEmail: '', invoiceAddress: NO_ADDRESS };
    const removed = put(known, { ...EMPTY, enrolments: [{ ...enrolment, ...none }] });
    expect(removed.records.enrolments).toMatchObject([{ reductions: [], invoiceEmail: '', invoiceAddress: 'none' }]);
    expect(removed.directory.pupilIds).toEqual([PUPIL]);
  });

  test.each(['famiglia', 'famiglia@esempio', 'a b@esempio.example', 'famiglia@@esempio.example', '@esempio.example'])(
    'whose invoices would go to %j is refused',
    (invoiceEmail) => {
      expect(refusals(STORED, { ...EMPTY, enrolments: [{ ...enrolment, invoiceEmail }] })).toEqual([
        { kind: 'malformed', recordKind: 'enrolments', field: 'invoice_email' },
      ]);
    },
  );

  test('that does not say the diet keeps it; one that says a code without days changes it from today on', () => {
    expect(put(STORED, { ...EMPTY, pupils: [{ ...pupil, dietCode: null }] }).changedCount).toBe(0);
    const renamed = put(STORED, { ...EMPTY, pupils: [{ ...pupil, givenName: 'Brezza', dietCode: null }] });
    expect(renamed.records.diets).toEqual([]);
    expect(put(STORED, { ...EMPTY, pupils: [pupil] }).changedCount).toBe(0);
    const before = { dietCode: 'GF', kind: 'unspecified', validity: { from: '2000-01-01', until: '2026-11-09' } };
    const removed = put(STORED, { ...EMPTY, pupils: [{ ...pupil, dietCode: '' }] });
    expect(removed.records.diets).toMatchObject([{ id: PUPIL, diets: [before] }]);
    expect(removed).toMatchObject({ changedCount: 1, diets: { removedCount: 1 }, directory: { pupilIds: [PUPIL] } });
    const other = put(STORED, { ...EMPTY, pupils: [{ ...pupil, dietCode: 'LF' }] });
    expect(other.records.diets).toMatchObject([
      { diets: [before, { dietCode: 'LF', validity: { from: '2026-11-10', until: null } }] },
    ]);
    expect(other.diets).toEqual({ addedCount: 0, changedCount: 1, removedCount: 0 });
  });

  test('of diets is laid over what was recorded, and keeps both', () => {
    const changes = put(STORED, { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [DIET] }] });
    expect(changes.records.diets[0]?.diets.map((one) => [one.kind, one.validity.from, one.validity.until])).toEqual([
      ['unspecified', '2000-01-01', '2026-08-31'],
      ['health', '2026-09-01', '2027-08-31'],
      ['unspecified', '2027-09-01', null],
    ]);
    const after = apply(STORED, changes);
    expect(after.dietVersions.get(PUPIL)).toHaveLength(2);
    expect(dietsOf(after.dietVersions.get(PUPIL) ?? [])).toEqual(changes.records.diets[0]?.diets);
    expect(put(after, { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [DIET] }] }).changedCount).toBe(0);
  });

  test('of a certificate for the same diet on the same days moves no directory version', () => {
    const changes = put(STORED, { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [{ ...DIET, validUntil: '' }] }] });
    expect(changes).toMatchObject({ changedCount: 1, directory: { pupilIds: [] }, diets: { changedCount: 0 } });
  });

  test('lets a light diet last as long as the municipality lets it', () => {
    const light = { ...DIET, dietCode: 'IB', kind: 'light', reference: '', validUntil: '2026-09-05' };
    const diets = [{ pupilId: PUPIL, diets: [light] }];
    const municipality = { ...TOWN.municipality, lightDietDaysMax: 5 } as RecordsInput['municipality'];
    expect(put(STORED, { ...EMPTY, municipality, diets }).records.diets).toHaveLength(1);
    expect(refusals(STORED, { ...EMPTY, diets })).toEqual([
      { kind: 'light_diet_too_long', recordKind: 'diets', field: 'valid_until' },
    ]);
  });

  describe('of a reduction for siblings', () => {
    const sibling = { ...pupil, pupilId: OTHER_PUPIL, codiceFiscale: 'SGNBRN88T61D612B', dietCode: null };
    const household = { householdId: uuid(20), name: 'F-1', pupilIds: [PUPIL, OTHER_PUPIL], guardianIds: [GUARDIAN] };
    const siblings = { ...REDUCTION, reason: 'siblings' };
    const reduced = { ...enrolment, reductions: [siblings] };
    const ofSibling = { ...enrolment, enrolmentId: uuid(21), pupilId: OTHER_PUPIL };
    const whole = { ...EMPTY, pupils: [sibling], households: [household], enrolments: [reduced, ofSibling] };
    const alone = [{ kind: 'no_sibling', recordKind: 'enrolments', field: 'reductions' }];

    test('is taken where another pupil of the household is enrolled, also in the same call', () => {
      expect(put(STORED, whole).records.enrolments).toHaveLength(2);
      const both = { ...whole, enrolments: [reduced, { ...ofSibling, reductions: [siblings] }] };
      expect(put(STORED, both).records.enrolments).toHaveLength(2);
    });

    test.each<[string, RecordsInput]>([
      ['without a household', { ...whole, households: [] }],
      ['of one pupil', { ...whole, households: [{ ...household, pupilIds: [PUPIL] }] }],
      ['whose other pupil is not enrolled', { ...whole, enrolments: [reduced] }],
      ['whose other pupil has left', { ...whole, pupils: [{ ...sibling, closed: true }] }],
      [
        'whose other pupil is enrolled on other days',
        {
          ...whole,
          enrolments: [
            { ...reduced, reductions: [{ ...siblings, validFrom: '2027-02-01' }] },
            { ...ofSibling, validUntil: '2027-01-31' },
          ],
        },
      ],
    ])('is refused %s', (_what, input) => {
      expect(refusals(STORED, input)).toEqual(alone);
    });

    test('is not asked about again where an enrolment says nothing of reductions', () => {
      const after = apply(STORED, put(STORED, whole));
      expect(put(after, { ...EMPTY, enrolments: [{ ...enrolment, overdraftCents: 500 }] }).changedCount).toBe(1);
    });
  });

  test('moves pupils between households in one call, and never into two', () => {
    const sibling = { ...pupil, pupilId: OTHER_PUPIL, codiceFiscale: 'SGNBRN88T61D612B', dietCode: null };
    const [first, second] = [
      { householdId: uuid(20), name: 'F-1', pupilIds: [OTHER_PUPIL, PUPIL, PUPIL], guardianIds: [GUARDIAN] },
      { householdId: uuid(21), name: 'F-2', pupilIds: [], guardianIds: [] },
    ];
    const after = apply(STORED, put(STORED, { ...EMPTY, pupils: [sibling], households: [first, second] }));
    expect(after.households.get(uuid(20))?.pupilIds).toEqual([PUPIL, OTHER_PUPIL]);
    const taken = { ...second, pupilIds: [PUPIL] };
    expect(refusals(after, { ...EMPTY, households: [taken] })).toEqual([
      { kind: 'pupil_of_other_household', recordKind: 'households', field: 'pupil_ids' },
    ]);
    const moved = put(after, { ...EMPTY, households: [taken, { ...first, pupilIds: [OTHER_PUPIL] }] });
    expect(moved.records.households).toHaveLength(2);
  });

  describe('by ISEE', () => {
    const household = { householdId: uuid(20), name: 'F-1', pupilIds: [PUPIL], guardianIds: [GUARDIAN] };
    const [tariff] = TOWN.tariffs;
    if (tariff === undefined) throw new Error('the town has a tariff');
    const band = { validFrom: '2026-09-01', iseeFromCents: null, iseeUpToCents: 750_000, priceCents: 150 };
    const banded = (
      ...bands: readonly (typeof band | (Omit<typeof band, 'iseeFromCents'> & { iseeFromCents: number }))[]
    ) => ({
      ...{ ...EMPTY, tariffs: [{ ...tariff, bands }] },
    });
    const certification = {
      ...{ iseeCents: 800_000, reference: 'DSU 1', validFrom: '2026-09-01', validUntil: '2027-08-31' },
    };
    const isee = (...certifications: readonly (typeof certification | { iseeCents: null } | object)[]) =>
      ({ ...EMPTY, isee: [{ householdId: uuid(20), certifications }] }) as RecordsInput;
    const HOUSED = apply(STORED, put(STORED, { ...EMPTY, households: [household] }));

    test('bands that are not said stay, and go where none are said', () => {
      const changes = put(STORED, banded(band));
      expect(changes.records.tariffs).toMatchObject([
        { prices: [{ bands: [{ iseeUpToCents: 750_000, priceCents: 150 }] }] },
      ]);
      expect(changes.directory.tariffIds).toEqual([TARIFF]);
      const after = apply(STORED, changes);
      expect(put(after, { ...EMPTY, tariffs: [tariff] }).changedCount).toBe(0);
      expect(put(after, banded()).records.tariffs).toMatchObject([{ prices: [{ bands: [] }] }]);
    });

    test('a certification touches the pupils of its household, is laid over what is known, and again changes nothing', () => {
      const changes = put(HOUSED, isee(certification));
      expect(changes).toMatchObject({ changedCount: 1, directory: { pupilIds: [PUPIL] } });
      const after = apply(HOUSED, changes);
      expect(put(after, isee(certification)).changedCount).toBe(0);
      const revoked = put(after, isee({ ...certification, iseeCents: null, reference: '', validFrom: '2027-01-01' }));
      expect(revoked.records.isee).toMatchObject([{ certifications: [{ validity: { until: '2026-12-31' } }] }]);
    });

    test('a pupil who joins a household, or leaves it, is touched', () => {
      const left = put(HOUSED, { ...EMPTY, households: [{ ...household, pupilIds: [] }] });
      expect(left.directory.pupilIds).toEqual([PUPIL]);
    });

    test.each<[string, RecordsInput, string, string, string]>([
      [
        'of a household that there is not',
        { ...isee(certification), isee: [{ householdId: uuid(88), certifications: [certification] }] } as RecordsInput,
        'unknown_reference',
        'isee',
        'household_id',
      ],
      [
        'without an end',
        isee({ ...certification, validUntil: '' }),
        'malformed',
        'isee',
        'certifications.0.valid_until',
      ],
      [
        'without its reference',
        isee({ ...certification, reference: '' }),
        'malformed',
        'isee',
        'certifications.0.reference',
      ],
      ['below zero', isee({ ...certification, iseeCents: -1 }), 'malformed', 'isee', 'certifications.0.isee_cents'],
      [
        'on the days of another',
        isee(certification, { ...certification, validFrom: '2027-01-01' }),
        'overlapping_validity',
        'isee',
        'certifications.1.valid_from',
      ],
      [
        'of two bands up to one limit',
        banded(band, { ...band, priceCents: 200 }),
        'overlapping_bands',
        'tariffs',
        'bands.1.isee_up_to_cents',
      ],
      [
        'of bands with a gap',
        banded(band, { ...band, iseeFromCents: 750_002, iseeUpToCents: 900_000 }),
        'band_gap',
        'tariffs',
        'bands.1.isee_from_cents',
      ],
      [
        'of bands that begin above nothing',
        banded({ ...band, iseeFromCents: 1 }),
        'band_gap',
        'tariffs',
        'bands.0.isee_from_cents',
      ],
      [
        'of bands that overlap',
        banded(band, { ...band, iseeFromCents: 700_000, iseeUpToCents: 900_000 }),
        'overlapping_bands',
        'tariffs',
        'bands.1.isee_from_cents',
      ],
      [
        'of a band of no price',
        banded({ ...band, validFrom: '2026-10-01' }),
        'unknown_reference',
        'tariffs',
        'bands.0.valid_from',
      ],
      [
        'of a band dearer than the full price',
        banded({ ...band, priceCents: 521 }),
        'malformed',
        'tariffs',
        'bands.0.price_cents',
      ],
    ])('is refused %s', (_what, input, kind, recordKind, field) => {
      expect(refusals(HOUSED, input)).toEqual([{ kind, recordKind, field }]);
    });
  });

  test('of new prices touches everybody on the tariff, of a new class name everybody in the class', () => {
    const dearer = TOWN.tariffs.map((tariff) => ({
      ...tariff,
      prices: [
        { priceCents: 540, validFrom: '2027-01-01', validUntil: '' },
        { priceCents: 520, validFrom: '2026-09-01', validUntil: '2026-12-31' },
      ],
    }));
    expect(put(STORED, { ...EMPTY, tariffs: dearer }).directory.tariffIds).toEqual([TARIFF]);
    const renamed = TOWN.classes.map((one) => ({ ...one, name: '1B' }));
    expect(put(STORED, { ...EMPTY, classes: renamed }).directory.classIds).toEqual([CLASS]);
  });

  test('of a guardian alone moves no directory version', () => {
    const renamed = TOWN.guardians.map((one) => ({ ...one, givenName: 'Leone' }));
    const changes = put(STORED, { ...EMPTY, guardians: renamed });
    expect(changes.changedCount).toBe(1);
    expect(changes.directory).toEqual({ pupilIds: [], classIds: [], tariffIds: [], surroundings: false });
  });

  test('of a replacement blocks the badge it replaces, which then stays blocked', () => {
    const replacement = { ...badge, badgeId: NEW_BADGE, badgeNumber: '010063E9AE', replacesBadgeId: BADGE };
    const changes = put(STORED, { ...EMPTY, badges: [replacement] });
    expect(changes.records.badges).toMatchObject([
      { id: NEW_BADGE, blocked: false },
      { id: BADGE, blocked: true },
    ]);
    expect(changes.badgeChanges).toMatchObject([
      { badgeId: NEW_BADGE, kind: 'assigned' },
      { badgeId: BADGE, kind: 'replaced', replacedByBadgeId: NEW_BADGE },
    ]);
    const after = apply(STORED, changes);
    expect(put(after, { ...EMPTY, badges: [replacement] }).changedCount).toBe(0);
    expect(refusals(after, { ...EMPTY, badges: [badge] })).toEqual([
      { kind: 'badge_replaced', recordKind: 'badges', field: 'blocked' },
    ]);
  });

  test('frees a number by blocking its badge in the same call', () => {
    const other = { ...pupil, pupilId: OTHER_PUPIL, codiceFiscale: 'SGNBRN88T61D612B' };
    const moved = [
      { ...badge, badgeId: NEW_BADGE, pupilId: OTHER_PUPIL },
      { ...badge, blocked: true },
    ];
    const changes = put(STORED, { ...EMPTY, pupils: [other], badges: moved });
    expect(changes.badgeChanges).toMatchObject([{ kind: 'assigned' }, { kind: 'blocked' }]);
  });
});

describe('a Put is refused', () => {
  const cases: readonly [string, RecordsInput, Partial<RecordRefusal>][] = [
    [
      'for an unknown school',
      { ...EMPTY, classes: [{ classId: uuid(90), schoolId: uuid(91), schoolYearId: YEAR, name: '2A' }] },
      { kind: 'unknown_reference', recordKind: 'classes', field: 'school_id' },
    ],
    [
      'for an unknown class',
      { ...EMPTY, pupils: [{ ...pupil, classId: uuid(91) }] },
      { kind: 'unknown_reference', recordKind: 'pupils', field: 'class_id' },
    ],
    [
      'for a codice fiscale that is none',
      { ...EMPTY, pupils: [{ ...pupil, codiceFiscale: 'SMPRRA86C54H501X' }] },
      { kind: 'invalid_codice_fiscale', recordKind: 'pupils', field: 'codice_fiscale' },
    ],
    [
      "for another pupil's codice fiscale",
      { ...EMPTY, pupils: [{ ...pupil, pupilId: OTHER_PUPIL }] },
      { kind: 'codice_fiscale_taken', recordKind: 'pupils', field: 'codice_fiscale' },
    ],
    [
      'for a badge number that another badge has',
      { ...EMPTY, badges: [{ ...badge, badgeId: NEW_BADGE }] },
      { kind: 'badge_held', recordKind: 'badges', field: 'badge_number' },
    ],
    [
      'for a badge given to another pupil under its own id',
      {
        ...EMPTY,
        pupils: [{ ...pupil, pupilId: OTHER_PUPIL, codiceFiscale: 'SGNBRN88T61D612B' }],
        badges: [{ ...badge, pupilId: OTHER_PUPIL }],
      },
      { kind: 'fixed_field_changed', recordKind: 'badges', field: 'pupil_id' },
    ],
    [
      'for a badge number of another shape',
      { ...EMPTY, badges: [{ ...badge, badgeNumber: 'à' }] },
      { kind: 'malformed', recordKind: 'badges', field: 'badge_number' },
    ],
    [
      'for an inverted validity',
      { ...EMPTY, badges: [{ ...badge, validUntil: '2026-08-31' }] },
      { kind: 'inverted_validity', recordKind: 'badges', field: 'valid_until' },
    ],
    [
      'for a day that no calendar has',
      { ...EMPTY, badges: [{ ...badge, validFrom: '2026-02-30' }] },
      { kind: 'malformed', recordKind: 'badges', field: 'valid_from' },
    ],
    [
      'for an enrolment beyond its school year',
      { ...EMPTY, enrolments: [{ ...enrolment, validUntil: '' }] },
      { kind: 'outside_school_year', recordKind: 'enrolments', field: 'valid_until' },
    ],
    [
      'for two enrolments on one day',
      { ...EMPTY, enrolments: [{ ...enrolment, enrolmentId: uuid(92), validFrom: '2027-08-31' }] },
      { kind: 'overlapping_validity', recordKind: 'enrolments', field: 'valid_from' },
    ],
    [
      'without a payment mode',
      { ...EMPTY, enrolments: [{ ...enrolment, paymentMode: null }] },
      { kind: 'malformed', recordKind: 'enrolments', field: 'payment_mode' },
    ],
    [
      'for a reduction of nothing',
      { ...EMPTY, enrolments: [{ ...enrolment, reductions: [{ ...REDUCTION, percent: 0 }] }] },
      { kind: 'malformed', recordKind: 'enrolments', field: 'reductions' },
    ],
    [
      'for a reduction without a reason',
      { ...EMPTY, enrolments: [{ ...enrolment, reductions: [{ ...REDUCTION, reason: 'kindness' }] }] },
      { kind: 'malformed', recordKind: 'enrolments', field: 'reductions' },
    ],
    [
      'for two reductions on one day',
      {
        ...EMPTY,
        enrolments: [{ ...enrolment, reductions: [REDUCTION, { ...REDUCTION, validFrom: '2026-12-01' }] }],
      },
      { kind: 'overlapping_validity', recordKind: 'enrolments', field: 'reductions' },
    ],
    [
      'for invoices that go nowhere',
      { ...EMPTY, enrolments: [{ ...enrolment, invoiceEmail: 'famiglia' }] },
      { kind: 'malformed', recordKind: 'enrolments', field: 'invoice_email' },
    ],
    [
      'for an invoice address without a street',
      { ...EMPTY, enrolments: [{ ...enrolment, invoiceAddress: { ...ADDRESS, street: ' ' } }] },
      { kind: 'malformed', recordKind: 'enrolments', field: 'invoice_address.street' },
    ],
    [
      'for an invoice address whose postal code lost its zeros',
      { ...EMPTY, enrolments: [{ ...enrolment, invoiceAddress: { ...ADDRESS, postalCode: '118' } }] },
      { kind: 'malformed', recordKind: 'enrolments', field: 'invoice_address.postal_code' },
    ],
    [
      'for an enrolment that begins before its tariff has a price',
      {
        ...EMPTY,
        schoolYears: TOWN.schoolYears.map((one) => ({ ...one, validFrom: '2026-08-01' })),
        enrolments: [{ ...enrolment, validFrom: '2026-08-31' }],
      },
      { kind: 'days_without_price', recordKind: 'enrolments', field: 'tariff_id' },
    ],
    [
      'for a price that ends while pupils are enrolled',
      {
        ...EMPTY,
        tariffs: TOWN.tariffs.map((tariff) => ({
          ...tariff,
          prices: tariff.prices.map((price) => ({ ...price, validUntil: '2026-12-31' })),
        })),
      },
      { kind: 'days_without_price', recordKind: 'tariffs', field: 'prices' },
    ],
    [
      'for a negative overdraft',
      { ...EMPTY, enrolments: [{ ...enrolment, overdraftCents: -1 }] },
      { kind: 'malformed', recordKind: 'enrolments', field: 'overdraft_cents' },
    ],
    [
      'for two prices on one day',
      {
        ...EMPTY,
        tariffs: TOWN.tariffs.map((tariff) => ({ ...tariff, prices: [...tariff.prices, ...tariff.prices] })),
      },
      { kind: 'overlapping_validity', recordKind: 'tariffs', field: 'prices' },
    ],
    [
      'for a tariff without prices',
      { ...EMPTY, tariffs: TOWN.tariffs.map((tariff) => ({ ...tariff, prices: [] })) },
      { kind: 'malformed', recordKind: 'tariffs', field: 'prices' },
    ],
    [
      'for the same id twice',
      { ...EMPTY, schools: [...TOWN.schools, ...TOWN.schools] },
      { kind: 'duplicate', recordKind: 'schools', field: '' },
    ],
    [
      'for a name of nothing but spaces',
      { ...EMPTY, schools: [{ schoolId: SCHOOL, name: '  ' }] },
      { kind: 'malformed', recordKind: 'schools', field: 'name' },
    ],
    [
      'for a day of birth that no calendar has',
      { ...EMPTY, pupils: [{ ...pupil, birth: { ...pupil.birth, bornOn: '2018-02-30' } }] },
      { kind: 'malformed', recordKind: 'pupils', field: 'birth.born_on' },
    ],
    [
      'for a sex that is none of the two letters',
      { ...EMPTY, pupils: [{ ...pupil, birth: { ...pupil.birth, sex: 'X' } }] },
      { kind: 'malformed', recordKind: 'pupils', field: 'birth.sex' },
    ],
    [
      'for a postal code that lost its zeros',
      { ...EMPTY, pupils: [{ ...pupil, residence: { ...pupil.residence, postalCode: '118' } }] },
      { kind: 'malformed', recordKind: 'pupils', field: 'residence.postal_code' },
    ],
    [
      'for a diet code in prose',
      { ...EMPTY, pupils: [{ ...pupil, dietCode: 'senza glutine' }] },
      { kind: 'malformed', recordKind: 'pupils', field: 'diet_code' },
    ],
    [
      'for a health diet without its certificate',
      { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [{ ...DIET, reference: ' ' }] }] },
      { kind: 'missing_certificate', recordKind: 'diets', field: 'diets.0.reference' },
    ],
    [
      'for an ethical diet without its declaration',
      { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [{ ...DIET, kind: 'ethical', reference: '' }] }] },
      { kind: 'missing_certificate', recordKind: 'diets', field: 'diets.0.reference' },
    ],
    [
      'for a diet whose days are inverted',
      { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [DIET, { ...DIET, validFrom: '2028-01-01' }] }] },
      { kind: 'inverted_validity', recordKind: 'diets', field: 'diets.1.valid_until' },
    ],
    [
      'for two diets on one day',
      { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [DIET, { ...DIET, validFrom: '2026-12-01' }] }] },
      { kind: 'overlapping_validity', recordKind: 'diets', field: 'diets.1.valid_from' },
    ],
    [
      'for a diet of an unknown kind',
      { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [{ ...DIET, kind: 'fashion' }] }] },
      { kind: 'malformed', recordKind: 'diets', field: 'diets.0.kind' },
    ],
    [
      'for a certificate of the ordinary menu',
      { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [{ ...DIET, dietCode: '' }] }] },
      { kind: 'malformed', recordKind: 'diets', field: 'diets.0.kind' },
    ],
    [
      'for a light diet without end',
      { ...EMPTY, diets: [{ pupilId: PUPIL, diets: [{ ...DIET, kind: 'light', reference: '', validUntil: '' }] }] },
      { kind: 'light_diet_too_long', recordKind: 'diets', field: 'valid_until' },
    ],
    [
      'for a diet told with days and without',
      { ...EMPTY, pupils: [pupil], diets: [{ pupilId: PUPIL, diets: [DIET] }] },
      { kind: 'duplicate', recordKind: 'pupils', field: 'diet_code' },
    ],
    [
      'for the diet of an unknown pupil',
      { ...EMPTY, diets: [{ pupilId: OTHER_PUPIL, diets: [DIET] }] },
      { kind: 'unknown_reference', recordKind: 'diets', field: 'pupil_id' },
    ],
    [
      'for a light diet of half a year in every case',
      { ...EMPTY, municipality: { ...TOWN.municipality, lightDietDaysMax: 180 } as RecordsInput['municipality'] },
      { kind: 'malformed', recordKind: 'municipality', field: 'light_diet_days_max' },
    ],
    [
      'for an unknown guardian of a household',
      { ...EMPTY, households: [{ householdId: uuid(20), name: 'F-1', pupilIds: [PUPIL], guardianIds: [uuid(99)] }] },
      { kind: 'unknown_reference', recordKind: 'households', field: 'guardian_ids' },
    ],
    [
      'for a website that is not https',
      {
        ...EMPTY,
        municipality: {
          ...{ name: 'Vallefinta', websiteUrl: 'javascript:alert(1)', officeContact: 'x' },
          lightDietDaysMax: null,
        },
      },
      { kind: 'malformed', recordKind: 'municipality', field: 'website_url' },
    ],
  ];

  test.each(cases)('%s', (_name, input, expected) => {
    expect(refusals(STORED, input)).toEqual([expected]);
  });

  test('for two households of one name, however it is written', () => {
    const [one, other] = ['Famiglia di Prova', 'famiglia  DI prova'].map((name, index) => ({
      ...{ householdId: uuid(20 + index), name, pupilIds: [], guardianIds: [] },
    }));
    if (one === undefined || other === undefined) throw new Error('there are two');
    const after = apply(STORED, put(STORED, { ...EMPTY, households: [one] }));
    expect(refusals(after, { ...EMPTY, households: [other] })).toEqual([
      { kind: 'household_name_taken', recordKind: 'households', field: 'name' },
    ]);
  });

  test('for a municipality that nobody has named', () => {
    expect(refusals(NOTHING, { ...EMPTY, schools: TOWN.schools })).toEqual([
      { kind: 'unknown_reference', recordKind: 'municipality', field: 'municipality_id' },
    ]);
  });

  test('once per fault, and not for records that refer to a refused one', () => {
    const found = refusals(NOTHING, { ...TOWN, pupils: [{ ...pupil, codiceFiscale: '' }] });
    expect(found).toEqual([{ kind: 'invalid_codice_fiscale', recordKind: 'pupils', field: 'codice_fiscale' }]);
  });
});
