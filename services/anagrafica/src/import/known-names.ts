import type { Transaction } from '@campanella/postgres';
import { type MunicipalityId, nameKey } from '@campanella/vocabulary';
import type { Household, Tariff } from '../domain/records.ts';
import { type HouseholdRow, type TariffRow, toHousehold, toTariff } from '../store/rows.ts';

/** Records that are few, by {@link nameKey}. */
export interface FewNames {
  readonly schools: ReadonlyMap<string, string>;
  readonly schoolYears: ReadonlyMap<string, string>;
  /** By school, school year and name. */
  readonly classes: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
  /** By service and name. */
  readonly tariffs: ReadonlyMap<string, Tariff>;
}

/** Reads the names of schools, school years, classes, services and tariffs as they are within the transaction. */
export async function fewNames(tx: Transaction, municipalityId: MunicipalityId): Promise<FewNames> {
  const select = async <Row>(name: string, text: string): Promise<readonly Row[]> =>
    (await tx.query<Row>({ name, text, values: [municipalityId] })).rows;
  const schools = await select<{ id: string; name: string }>(
    'names_of_schools',
    'select school_id as id, name from schools where municipality_id = $1',
  );
  const years = await select<{ id: string; name: string }>(
    'names_of_school_years',
    'select school_year_id as id, name from school_years where municipality_id = $1',
  );
  const classes = await select<{ id: string; name: string; school: string; year: string }>(
    'names_of_classes',
    `select class_id as id, classes.name, schools.name as school, school_years.name as year
     from classes join schools using (municipality_id, school_id) join school_years using (municipality_id, school_year_id)
     where municipality_id = $1`,
  );
  const services = await select<{ id: string }>(
    'names_of_services',
    'select service as id from services where municipality_id = $1',
  );
  const tariffs = await select<TariffRow>(
    'names_of_tariffs',
    `select tariff_id as id, service, name,
            (select json_agg(json_build_object('price_cents', price_cents, 'valid_from', valid_from, 'valid_until', valid_until,
                                             'bands', bands) order by valid_from)
             from tariff_prices
             where tariff_prices.municipality_id = tariffs.municipality_id and tariff_prices.tariff_id = tariffs.tariff_id
            ) as prices
     from tariffs where municipality_id = $1`,
  );
  return {
    schools: new Map(schools.map(({ id, name }) => [nameKey(name), id])),
    schoolYears: new Map(years.map(({ id, name }) => [nameKey(name), id])),
    classes: new Map(classes.map(({ id, school, year, name }) => [nameKey(school, year, name), id])),
    services: new Map(services.map(({ id }) => [nameKey(id), id])),
    tariffs: new Map(tariffs.map((row) => [nameKey(row.service, row.name), toTariff(row)])),
  };
}

/** Ids of the people with these codici fiscali. */
export async function idsByCode(
  tx: Transaction,
  municipalityId: MunicipalityId,
  who: 'pupils' | 'guardians',
  codes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ id: string; code: string }>({
    name: `ids_of_${who}`,
    text:
      who === 'pupils'
        ? 'select pupil_id as id, codice_fiscale as code from pupils where municipality_id = $1 and codice_fiscale = any($2)'
        : 'select guardian_id as id, codice_fiscale as code from guardians where municipality_id = $1 and codice_fiscale = any($2)',
    values: [municipalityId, [...new Set(codes)]],
  });
  return new Map(rows.map(({ id, code }) => [nameKey(code), id]));
}

/** Ids of the enrolments of these pupils, by pupil's id, service and first day. */
export async function enrolmentIds(
  tx: Transaction,
  municipalityId: MunicipalityId,
  pupilIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ id: string; pupil_id: string; service: string; valid_from: string }>({
    name: 'ids_of_enrolments',
    text: `select enrolment_id as id, pupil_id, service, valid_from from enrolments
           where municipality_id = $1 and pupil_id = any($2)`,
    values: [municipalityId, [...new Set(pupilIds)]],
  });
  return new Map(rows.map((row) => [nameKey(row.pupil_id, row.service, row.valid_from), row.id]));
}

/** The households with these names, by name. */
export async function householdsByName(
  tx: Transaction,
  municipalityId: MunicipalityId,
  names: readonly string[],
): Promise<ReadonlyMap<string, Household>> {
  const { rows } = await tx.query<HouseholdRow>({
    name: 'households_by_name',
    text: `select household_id as id, name, isee_sealed,
                  array(select pupil_id::text from household_pupils
                        where household_pupils.municipality_id = $1
                          and household_pupils.household_id = households.household_id) as pupil_ids,
                  array(select guardian_id::text from household_guardians
                        where household_guardians.municipality_id = $1
                          and household_guardians.household_id = households.household_id) as guardian_ids
           from households where municipality_id = $1 and name_key = any($2)`,
    values: [municipalityId, [...new Set(names.map((name) => nameKey(name)))]],
  });
  return new Map(rows.map((row) => [nameKey(row.name), toHousehold(row)]));
}

/** Ids of the badges with these numbers, by number, pupil's id and first day, with what each replaces. */
export async function badgeIds(
  tx: Transaction,
  municipalityId: MunicipalityId,
  badgeNumbers: readonly string[],
): Promise<ReadonlyMap<string, { readonly id: string; readonly replacesBadgeId: string }>> {
  const { rows } = await tx.query<{
    id: string;
    badge_number: string;
    pupil_id: string;
    valid_from: string;
    replaces_badge_id: string | null;
  }>({
    name: 'ids_of_badges',
    text: `select badge_id as id, badge_number, pupil_id, valid_from, replaces_badge_id from badges
           where municipality_id = $1 and badge_number = any($2)`,
    values: [municipalityId, [...new Set(badgeNumbers)]],
  });
  return new Map(
    rows.map((row) => [
      nameKey(row.badge_number, row.pupil_id, row.valid_from),
      { id: row.id, replacesBadgeId: row.replaces_badge_id ?? '' },
    ]),
  );
}
