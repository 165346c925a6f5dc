import { importedId } from '@campanella/csv-import';
import type { Transaction } from '@campanella/postgres';
import { type MunicipalityId, nameKey } from '@campanella/vocabulary';
import type { RecordsInput } from '../domain/parse-records.ts';
import type { RecordKind } from '../domain/records.ts';
import { badgeIds, enrolmentIds, type FewNames, householdsByName, idsByCode } from './known-names.ts';
import type { FileKind, RecordKindOf } from './layouts.ts';
import type { Named } from './read-inputs.ts';

/** A row that is read, with its line. */
export interface ReadRow<Kind extends FileKind> {
  readonly line: number;
  readonly named: Named[Kind];
}

/** A reference to something that is not there: by which column, and what kind of record by which name. */
export interface Missing {
  readonly line: number;
  readonly column: string;
  readonly kind: RecordKind;
  readonly key: string;
}

/** Records with the lines that they come from; rows that refer to what is not there are left out. */
export interface Inputs<Kind extends RecordKind> {
  readonly records: readonly {
    readonly line: number;
    /** Where the record's list of items comes from rows of its own: theirs. */
    readonly itemLines?: readonly number[];
    readonly input: RecordsInput[Kind][number];
  }[];
  readonly missing: readonly Missing[];
}

/** What turning names into ids needs. */
export interface Naming {
  readonly tx: Transaction;
  readonly municipalityId: MunicipalityId;
  readonly few: FewNames;
}

type Find = (column: string, kind: RecordKind, names: ReadonlyMap<string, string>, ...words: string[]) => string;

/** Turns each row into a record; one whose lookups miss is left out, and every miss is told. */
function eachRow<Kind extends FileKind>(
  rows: readonly ReadRow<Kind>[],
  toInput: (named: Named[Kind], find: Find) => RecordsInput[RecordKindOf<Kind>][number],
): Inputs<RecordKindOf<Kind>> {
  const missing: Missing[] = [];
  const records = rows.flatMap(({ line, named }) => {
    const before = missing.length;
    const input = toInput(named, finder(line, missing));
    return missing.length === before ? [{ line, input }] : [];
  });
  return { records, missing };
}

/** Turns the rows that tell of one record into one; where any of them refers to what is not there, none comes of them. */
function inGroups<Kind extends FileKind>(
  rows: readonly ReadRow<Kind>[],
  keyOf: (named: Named[Kind]) => string,
  toInput: (
    group: readonly { readonly named: Named[Kind]; readonly find: Find }[],
    key: string,
  ) => RecordsInput[RecordKindOf<Kind>][number],
): Inputs<RecordKindOf<Kind>> {
  const missing: Missing[] = [];
  const groups = Map.groupBy(rows, ({ named }) => nameKey(keyOf(named)));
  const records = [...groups].flatMap(([groupKey, group]) => {
    const before = missing.length;
    const input = toInput(
      group.map(({ line, named }) => ({ named, find: finder(line, missing) })),
      groupKey,
    );
    const itemLines = group.map(({ line }) => line);
    return missing.length === before ? [{ line: itemLines[0] ?? 0, itemLines, input }] : [];
  });
  return { records, missing };
}

/** Looks names up for a line; notes those that are not there. */
function finder(line: number, missing: Missing[]): Find {
  return (column, kind, names, ...words) => {
    const key = nameKey(...words);
    const id = names.get(key);
    if (id === undefined) missing.push({ line, column, kind, key });
    return id ?? '';
  };
}

/** How rows of each kind become records, with the ids of what they name. */
export const TO_INPUTS: {
  readonly [Kind in FileKind]: (naming: Naming, rows: readonly ReadRow<Kind>[]) => Promise<Inputs<RecordKindOf<Kind>>>;
} = {
  schools: async ({ municipalityId, few }, rows) =>
    eachRow(rows, ({ name }) => {
      const key = nameKey(name);
      return { schoolId: few.schools.get(key) ?? importedId(municipalityId, 'schools', key), name };
    }),
  schoolYears: async ({ municipalityId, few }, rows) =>
    eachRow(rows, (named) => {
      const key = nameKey(named.name);
      return { schoolYearId: few.schoolYears.get(key) ?? importedId(municipalityId, 'schoolYears', key), ...named };
    }),
  classes: async ({ municipalityId, few }, rows) =>
    eachRow(rows, ({ school, schoolYear, name }, find) => {
      const key = nameKey(school, schoolYear, name);
      return {
        classId: few.classes.get(key) ?? importedId(municipalityId, 'classes', key),
        schoolId: find('scuola', 'schools', few.schools, school),
        schoolYearId: find('anno_scolastico', 'schoolYears', few.schoolYears, schoolYear),
        name,
      };
    }),
  services: async (_naming, rows) => eachRow(rows, (named) => named),
  tariffs: async (naming, rows) => tariffInputs(naming, rows),
  bands: async (naming, rows) => bandInputs(naming, rows),
  guardians: async ({ tx, municipalityId }, rows) => {
    const codes = rows.map(({ named }) => named.codiceFiscale);
    const known = await idsByCode(tx, municipalityId, 'guardians', codes);
    return eachRow(rows, (named) => {
      const key = nameKey(named.codiceFiscale);
      return { guardianId: known.get(key) ?? importedId(municipalityId, 'guardians', key), ...named };
    });
  },
  pupils: async ({ tx, municipalityId, few }, rows) => {
    const codes = rows.map(({ named }) => named.codiceFiscale);
    const known = await idsByCode(tx, municipalityId, 'pupils', codes);
    return eachRow(rows, ({ school, schoolYear, className, ...named }, find) => {
      const key = nameKey(named.codiceFiscale);
      return {
        pupilId: known.get(key) ?? importedId(municipalityId, 'pupils', key),
        ...named,
        classId: find('classe', 'classes', few.classes, school, schoolYear, className),
      };
    });
  },
  diets: async ({ tx, municipalityId }, rows) => {
    const codes = rows.map(({ named }) => named.pupilCode);
    const pupils = await idsByCode(tx, municipalityId, 'pupils', codes);
    return inGroups(
      rows,
      ({ pupilCode }) => pupilCode,
      (group) => {
        const [pupilId = ''] = group.map(({ named, find }) =>
          find('codice_fiscale_alunno', 'pupils', pupils, named.pupilCode),
        );
        return { pupilId, diets: group.map(({ named }) => named.diet) };
      },
    );
  },
  households: async ({ tx, municipalityId }, rows) => {
    const pupils = await idsByCode(
      tx,
      municipalityId,
      'pupils',
      rows.map(({ named }) => named.pupilCode),
    );
    const guardians = await idsByCode(
      tx,
      municipalityId,
      'guardians',
      rows.flatMap(({ named }) => named.guardianCode ?? []),
    );
    const known = await householdsByName(
      tx,
      municipalityId,
      rows.map(({ named }) => named.name),
    );
    return inGroups(
      rows,
      ({ name }) => name,
      (group, key) => {
        const before = known.get(key);
        const told = group.map(({ named, find }) => ({
          pupilId: find('codice_fiscale_alunno', 'pupils', pupils, named.pupilCode),
          guardianIds:
            named.guardianCode === null
              ? []
              : [find('codice_fiscale_intestatario', 'guardians', guardians, named.guardianCode)],
        }));
        return {
          householdId: before?.id ?? importedId(municipalityId, 'households', key),
          name: before?.name ?? group[0]?.named.name ?? '',
          pupilIds: [...(before?.pupilIds ?? []), ...told.map(({ pupilId }) => pupilId)],
          guardianIds: [...(before?.guardianIds ?? []), ...told.flatMap(({ guardianIds }) => guardianIds)],
        };
      },
    );
  },
  isee: async ({ tx, municipalityId }, rows) => {
    const names = rows.map(({ named }) => named.household);
    const known = await householdsByName(tx, municipalityId, names);
    const ids = new Map([...known].map(([key, { id }]) => [key, id]));
    return inGroups(
      rows,
      ({ household }) => household,
      (group) => {
        const [householdId = ''] = group.map(({ named, find }) => find('nucleo', 'households', ids, named.household));
        return { householdId, certifications: group.map(({ named }) => named.certification) };
      },
    );
  },
  enrolments: async ({ tx, municipalityId, few }, rows) => {
    const codesOf = (read: (named: Named['enrolments']) => string) => rows.map(({ named }) => read(named));
    const pupils = await idsByCode(
      tx,
      municipalityId,
      'pupils',
      codesOf((named) => named.pupilCode),
    );
    const guardians = await idsByCode(
      tx,
      municipalityId,
      'guardians',
      codesOf((named) => named.guardianCode),
    );
    const known = await enrolmentIds(tx, municipalityId, [...pupils.values()]);
    const tariffs = new Map([...few.tariffs].map(([key, { id }]) => [key, id]));
    return eachRow(rows, ({ pupilCode, guardianCode, schoolYear, tariff, ...named }, find) => {
      const pupilId = find('codice_fiscale_alunno', 'pupils', pupils, pupilCode);
      const key = nameKey(pupilId, named.service, named.validFrom);
      return {
        enrolmentId: known.get(key) ?? importedId(municipalityId, 'enrolments', key),
        pupilId,
        ...named,
        service: find('servizio', 'services', few.services, named.service),
        schoolYearId: find('anno_scolastico', 'schoolYears', few.schoolYears, schoolYear),
        guardianId: find('codice_fiscale_intestatario', 'guardians', guardians, guardianCode),
        tariffId: find('tariffa', 'tariffs', tariffs, named.service, tariff),
      };
    });
  },
  badges: async ({ tx, municipalityId }, rows) => {
    const codes = rows.map(({ named }) => named.pupilCode);
    const pupils = await idsByCode(tx, municipalityId, 'pupils', codes);
    const known = await badgeIds(
      tx,
      municipalityId,
      rows.map(({ named }) => named.badgeNumber),
    );
    return eachRow(rows, ({ pupilCode, ...named }, find) => {
      const pupilId = find('codice_fiscale_alunno', 'pupils', pupils, pupilCode);
      const key = nameKey(named.badgeNumber, pupilId, named.validFrom);
      const badge = known.get(key);
      return {
        badgeId: badge?.id ?? importedId(municipalityId, 'badges', key),
        pupilId,
        ...named,
        replacesBadgeId: badge?.replacesBadgeId ?? '',
      };
    });
  },
};

/** All prices of a tariff are one record; what is stored and not told again stays. */
function tariffInputs({ municipalityId, few }: Naming, rows: readonly ReadRow<'tariffs'>[]): Inputs<'tariffs'> {
  const missing: Missing[] = [];
  const groups = Map.groupBy(rows, ({ named }) => nameKey(named.service, named.name));
  const records = [...groups].flatMap(([key, group]) => {
    const [first] = group;
    if (first === undefined) return [];
    const { line, named } = first;
    const service = few.services.get(nameKey(named.service));
    if (service === undefined) {
      missing.push({ line, column: 'servizio', kind: 'services', key: nameKey(named.service) });
      return [];
    }
    const known = few.tariffs.get(key);
    const told = group.map((row) => row.named.price);
    const kept = (known?.prices ?? []).filter(({ validity }) =>
      told.every(({ validFrom }) => validFrom !== validity.from),
    );
    const prices = [
      ...told,
      ...kept.map(({ priceCents, validity }) => ({
        ...{ priceCents, validFrom: validity.from, validUntil: validity.until ?? '' },
      })),
    ];
    const tariffId = known?.id ?? importedId(municipalityId, 'tariffs', key);
    return [{ line, input: { tariffId, service, name: named.name, prices, bands: null } }];
  });
  return { records, missing };
}

/** The bands of a price are those that are told; a price of which none are told keeps its own. */
function bandInputs({ few }: Naming, rows: readonly ReadRow<'bands'>[]): Inputs<'tariffs'> {
  const missing: Missing[] = [];
  const groups = Map.groupBy(rows, ({ named }) => nameKey(named.service, named.tariff));
  const records = [...groups].flatMap(([key, group]) => {
    const known = few.tariffs.get(key);
    if (known === undefined) {
      for (const { line } of group) missing.push({ line, column: 'tariffa', kind: 'tariffs', key });
      return [];
    }
    const prices = known.prices.map(({ priceCents, validity }) => ({
      ...{ priceCents, validFrom: validity.from, validUntil: validity.until ?? '' },
    }));
    const told = group.map(({ named }) => named.band);
    const kept = known.prices
      .filter(({ validity }) => told.every(({ validFrom }) => validFrom !== validity.from))
      .flatMap(({ validity, bands }) =>
        (bands ?? []).map((band) => ({ ...band, validFrom: validity.from, iseeFromCents: null })),
      );
    const itemLines = group.map(({ line }) => line);
    const { id: tariffId, service, name } = known;
    return [
      { line: itemLines[0] ?? 0, itemLines, input: { tariffId, service, name, prices, bands: [...told, ...kept] } },
    ];
  });
  return { records, missing };
}
