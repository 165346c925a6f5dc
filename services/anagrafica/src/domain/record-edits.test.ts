import { serviceCode } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { editsOf } from './record-edits.ts';
import type { Changes, StoredRecords } from './records.ts';

const NONE = new Map<never, never>();
const stored = (changes: Partial<StoredRecords>): StoredRecords => ({
  ...{ municipality: null, schools: NONE, schoolYears: NONE, classes: NONE, services: NONE, tariffs: NONE },
  ...{
    guardians: NONE,
    pupils: NONE,
    diets: NONE,
    households: NONE,
    isee: NONE,
    enrolments: NONE,
    badges: NONE,
    dietVersions: NONE,
    spansOnTariff: NONE,
  },
  ...changes,
});
const changes = (records: Partial<Changes['records']>): Changes => ({
  ...{ municipality: null, changedCount: 1, badgeChanges: [] },
  diets: { addedCount: 0, changedCount: 0, removedCount: 0 },
  dietsTold: NONE,
  directory: { pupilIds: [], classIds: [], tariffIds: [], surroundings: false },
  records: {
    ...{ schools: [], schoolYears: [], classes: [], services: [], tariffs: [] },
    ...{ guardians: [], pupils: [], diets: [], households: [], isee: [], enrolments: [], badges: [] },
    ...records,
  },
});

test('a new record names all of its fields', () => {
  const service = { id: serviceCode('school_meals'), name: 'Refezione' };
  expect(editsOf(stored({}), changes({ services: [service] }))).toEqual([
    { recordKind: 'services', recordId: 'school_meals', isNew: true, fields: ['id', 'name'] },
  ]);
});

test('a changed record names what changed, and no value', () => {
  const school = { id: 's', name: 'Il Girasole' };
  const edits = editsOf(
    stored({ schools: new Map([['s', school]]) }),
    changes({ schools: [{ id: 's', name: 'La Luna' }] }),
  );
  expect(edits).toEqual([{ recordKind: 'schools', recordId: 's', isNew: false, fields: ['name'] }]);
});

test('the municipality has a line of its own', () => {
  const municipality = {
    ...{ name: 'Prova', websiteUrl: 'https://prova.example/', officeContact: 'ufficio', lightDietDaysMax: 3 },
  };
  const edits = editsOf(stored({ municipality: { ...municipality, name: 'Altro' } }), { ...changes({}), municipality });
  expect(edits).toEqual([{ recordKind: 'municipality', recordId: 'municipality', isNew: false, fields: ['name'] }]);
});
