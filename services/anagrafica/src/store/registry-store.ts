import type { FieldCipher } from '@campanella/field-encryption';
import type { Queryable, Transaction } from '@campanella/postgres';
import { type MunicipalityId, nameKey, serviceDateAt, type Validity } from '@campanella/vocabulary';
import { v7 as uuidV7 } from 'uuid';
import type { RegistryStore, Written } from '../app/put-records.ts';
import { dietsOf } from '../domain/diet.ts';
import type { Editor, RecordEdit } from '../domain/record-edits.ts';
import type {
  Changes,
  Enrolment,
  Household,
  IncomingRecords,
  Municipality,
  Pupil,
  RecordKind,
  StoredRecords,
} from '../domain/records.ts';
import { openDiets, sealDiets } from './diet.ts';
import { openIsee, sealIsee } from './isee.ts';
import {
  type BadgeRow,
  type ClassRow,
  type EnrolmentRow,
  type GuardianRow,
  type HouseholdRow,
  type NamedRow,
  type PupilRow,
  type SchoolYearRow,
  type TariffRow,
  toBadge,
  toClass,
  toEnrolment,
  toGuardian,
  toHousehold,
  toPupil,
  toSchoolYear,
  toTariff,
  toValidity,
  type ValidityRow,
} from './rows.ts';

/** The tables behind the registry; diets pass through the cipher on their way in and out. */
export function registryStore(cipher: FieldCipher): RegistryStore {
  return {
    lockMunicipality,
    insertMunicipality,
    loadStored: (tx, municipalityId, incoming) => loadStored(cipher, tx, municipalityId, incoming),
    pupilsTouched,
    writeEdits,
    refreshStatistics,
    writeChanges: (tx, municipalityId, changes, written) => writeChanges(cipher, tx, municipalityId, changes, written),
  };
}

async function lockMunicipality(tx: Transaction, municipalityId: MunicipalityId): Promise<number | null> {
  const { rows } = await tx.query<{ directory_version: number }>({
    name: 'lock_municipality',
    text: `select directory_version from municipalities where municipality_id = $1 for update`,
    values: [municipalityId],
  });
  return rows[0]?.directory_version ?? null;
}

async function insertMunicipality(
  tx: Transaction,
  municipalityId: MunicipalityId,
  municipality: Municipality,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'insert_municipality',
    text: `insert into municipalities (municipality_id, name, website_url, office_contact, light_diet_days_max)
           values ($1, $2, $3, $4, $5) on conflict (municipality_id) do nothing`,
    values: [
      ...[municipalityId, municipality.name, municipality.websiteUrl, municipality.officeContact],
      municipality.lightDietDaysMax,
    ],
  });
  return rowCount === 1;
}

async function loadStored(
  cipher: FieldCipher,
  tx: Transaction,
  municipalityId: MunicipalityId,
  incoming: IncomingRecords,
): Promise<StoredRecords> {
  const wanted = wantedIds(incoming);
  const select = <Row>(
    name: string,
    text: string,
    ...lists: readonly (readonly string[])[]
  ): Promise<readonly Row[]> =>
    lists.every((list) => list.length === 0)
      ? Promise.resolve([])
      : tx.query<Row>({ name, text, values: [municipalityId, ...lists] }).then((result) => result.rows);
  const { rows: municipalities } = await tx.query<MunicipalityRow>({
    name: 'load_municipality',
    text: `select name, website_url, office_contact, light_diet_days_max from municipalities where municipality_id = $1`,
    values: [municipalityId],
  });
  const municipality = municipalities[0];
  const schools = await select<NamedRow>('load_schools', LOAD_SCHOOLS, wanted.schools);
  const years = await select<SchoolYearRow>('load_school_years', LOAD_SCHOOL_YEARS, wanted.schoolYears);
  const classes = await select<ClassRow>('load_classes', LOAD_CLASSES, wanted.classes);
  const services = await select<NamedRow>('load_services', LOAD_SERVICES, wanted.services);
  const tariffs = await select<TariffRow>('load_tariffs', LOAD_TARIFFS, wanted.tariffs);
  const guardians = await select<GuardianRow>('load_guardians', LOAD_GUARDIANS, wanted.guardians, wanted.guardianCodes);
  const households = await select<HouseholdRow>(
    'load_households',
    LOAD_HOUSEHOLDS,
    ...[wanted.households, wanted.householdNames, wanted.housed],
  );
  // Who may be a sibling of a pupil that pays less for one.
  const siblings =
    wanted.reducedForSiblings.length === 0
      ? []
      : [...households.map(toHousehold), ...incoming.households.map(({ record }) => record)].flatMap(
          ({ pupilIds }) => pupilIds,
        );
  const pupils = await select<PupilRow>(
    'load_pupils',
    LOAD_PUPILS,
    ...[[...wanted.pupils, ...siblings], wanted.pupilCodes],
  );
  const enrolments = await select<EnrolmentRow>(
    'load_enrolments',
    LOAD_ENROLMENTS,
    ...[wanted.enrolments, [...wanted.enrolled, ...siblings]],
  );
  const badges = await select<BadgeRow>('load_badges', LOAD_BADGES, wanted.badges, wanted.badgeNumbers);
  const spansOnTariff = await select<ValidityRow & { readonly tariff_id: string }>(
    'load_spans_on_tariffs',
    LOAD_SPANS_ON_TARIFFS,
    wanted.changingTariffs,
  );
  const spans = spansOnTariff.map((row) => ({ ...toValidity(row), tariff_id: row.tariff_id }));
  const versions = new Map(
    pupils
      .filter(({ id }) => wanted.dietsOf.has(id))
      .map((row) => [row.id, openDiets(cipher, municipalityId, row.id, row)] as const),
  );
  return {
    municipality: municipality === undefined ? null : toMunicipality(municipality),
    schools: byId(schools),
    schoolYears: byId(years.map(toSchoolYear)),
    classes: byId(classes.map(toClass)),
    services: byId(services),
    tariffs: byId(tariffs.map(toTariff)),
    guardians: byId(guardians.map(toGuardian)),
    pupils: byId(pupils.map(toPupil)),
    diets: byId([...versions].map(([id, recorded]) => ({ id, diets: dietsOf(recorded) }))),
    dietVersions: versions,
    households: byId(households.map(toHousehold)),
    isee: byId(
      households
        .filter(({ id }) => wanted.iseeOf.has(id))
        .map(({ id, isee_sealed }) => ({ id, certifications: openIsee(cipher, municipalityId, id, isee_sealed) })),
    ),
    enrolments: byId(enrolments.map(toEnrolment)),
    spansOnTariff: Map.groupBy(spans, ({ tariff_id }) => tariff_id),
    badges: byId(badges.map(toBadge)),
  };
}

/** Ids of everything that the incoming records are, refer to, or could collide with. */
function wantedIds(incoming: IncomingRecords) {
  const of = <Kind>(list: readonly { readonly record: Kind }[], read: (record: Kind) => string | null): string[] => [
    ...new Set(list.map(({ record }) => read(record)).filter((id) => id !== null)),
  ];
  const {
    schools,
    schoolYears,
    classes,
    services,
    tariffs,
    guardians,
    pupils,
    diets,
    households,
    isee,
    enrolments,
    badges,
  } = incoming;
  const members = (read: (household: Household) => readonly string[]) =>
    households.flatMap(({ record }) => read(record));
  const reducedForSiblings = enrolments
    .filter(({ record }) => record.reductions?.some(({ reason }) => reason === 'siblings'))
    .map(({ record }) => record.pupilId);
  return {
    schools: [...of(schools, (one) => one.id), ...of(classes, (one) => one.schoolId)],
    schoolYears: [
      ...of(schoolYears, (one) => one.id),
      ...of(classes, (one) => one.schoolYearId),
      ...of(enrolments, (one) => one.schoolYearId),
    ],
    classes: [...of(classes, (one) => one.id), ...of(pupils, (one) => one.classId)],
    services: [
      ...of(services, (one) => one.id),
      ...of(tariffs, (one) => one.service),
      ...of(enrolments, (one) => one.service),
    ],
    changingTariffs: of(tariffs, (one) => one.id),
    tariffs: [...of(tariffs, (one) => one.id), ...of(enrolments, (one) => one.tariffId)],
    guardians: [
      ...of(guardians, (one) => one.id),
      ...of(enrolments, (one) => one.guardianId),
      ...members((one) => one.guardianIds),
    ],
    guardianCodes: of(guardians, (one) => one.codiceFiscale),
    pupils: [
      ...of(pupils, (one) => one.id),
      ...of(diets, (one) => one.id),
      ...of(enrolments, (one) => one.pupilId),
      ...of(badges, (one) => one.pupilId),
      ...members((one) => one.pupilIds),
    ],
    dietsOf: new Set([...of(pupils, (one) => one.id), ...of(diets, (one) => one.id)]),
    pupilCodes: of(pupils, (one) => one.codiceFiscale),
    households: [...of(households, (one) => one.id), ...of(isee, (one) => one.id)],
    iseeOf: new Set([...of(households, (one) => one.id), ...of(isee, (one) => one.id)]),
    householdNames: of(households, (one) => nameKey(one.name)),
    housed: [...members((one) => one.pupilIds), ...reducedForSiblings],
    reducedForSiblings,
    enrolments: of(enrolments, (one) => one.id),
    enrolled: of(enrolments, (one) => one.pupilId),
    badges: [...of(badges, (one) => one.id), ...of(badges, (one) => one.replacesBadgeId)],
    badgeNumbers: of(badges, (one) => one.badgeNumber),
  };
}

interface MunicipalityRow {
  readonly name: string;
  readonly website_url: string;
  readonly office_contact: string;
  readonly light_diet_days_max: number;
}

function toMunicipality(row: MunicipalityRow): Municipality {
  return {
    name: row.name,
    websiteUrl: row.website_url,
    officeContact: row.office_contact,
    lightDietDaysMax: row.light_diet_days_max,
  };
}

const LOAD_SCHOOLS = `select school_id as id, name from schools where municipality_id = $1 and school_id = any($2)`;
const LOAD_SCHOOL_YEARS = `
  select school_year_id as id, name, valid_from, valid_until from school_years
  where municipality_id = $1 and school_year_id = any($2)`;
const LOAD_CLASSES = `
  select class_id as id, school_id, school_year_id, name from classes where municipality_id = $1 and class_id = any($2)`;
const LOAD_SERVICES = `select service as id, name from services where municipality_id = $1 and service = any($2)`;
const LOAD_TARIFFS = `
  select tariffs.tariff_id as id, tariffs.service, tariffs.name,
         (select json_agg(json_build_object('price_cents', price_cents, 'valid_from', valid_from, 'valid_until', valid_until,
                                            'bands', bands)
                          order by valid_from)
          from tariff_prices
          where tariff_prices.municipality_id = tariffs.municipality_id and tariff_prices.tariff_id = tariffs.tariff_id
         ) as prices
  from tariffs where municipality_id = $1 and tariff_id = any($2)`;
const LOAD_SPANS_ON_TARIFFS = `
  select distinct tariff_id, valid_from, valid_until from enrolments where municipality_id = $1 and tariff_id = any($2)`;
const LOAD_GUARDIANS = `
  select guardian_id as id, given_name, family_name, codice_fiscale from guardians
  where municipality_id = $1 and (guardian_id = any($2) or codice_fiscale = any($3))`;
const LOAD_PUPILS = `
  select pupil_id as id, given_name, family_name, codice_fiscale, class_id, diet_sealed, diets_sealed, closed, birth,
         residence
  from pupils
  where municipality_id = $1 and (pupil_id = any($2) or codice_fiscale = any($3))`;
const LOAD_HOUSEHOLDS = `
  with wanted as (
    select household_id from households where municipality_id = $1 and (household_id = any($2) or name_key = any($3))
    union
    select household_id from household_pupils where municipality_id = $1 and pupil_id = any($4)
  )
  select household_id as id, name, isee_sealed,
         array(select pupil_id::text from household_pupils
               where household_pupils.municipality_id = $1 and household_pupils.household_id = households.household_id
               order by pupil_id) as pupil_ids,
         array(select guardian_id::text from household_guardians
               where household_guardians.municipality_id = $1 and household_guardians.household_id = households.household_id
               order by guardian_id) as guardian_ids
  from households join wanted using (household_id) where municipality_id = $1`;
const LOAD_ENROLMENTS = `
  select enrolment_id as id, pupil_id, service, school_year_id, guardian_id, tariff_id, payment_mode,
         overdraft_cents, valid_from, valid_until, reductions, invoice_email, invoice_address
  from enrolments where municipality_id = $1 and (enrolment_id = any($2) or pupil_id = any($3))`;
const LOAD_BADGES = `
  select badge_id as id, pupil_id, badge_number, blocked, valid_from, valid_until, replaces_badge_id
  from badges
  where municipality_id = $1 and (badge_id = any($2) or replaces_badge_id = any($2) or badge_number = any($3))`;

function byId<Kind extends { readonly id: string }>(records: readonly Kind[]): ReadonlyMap<string, Kind> {
  return new Map(records.map((record) => [record.id, record]));
}

async function pupilsTouched(
  tx: Queryable,
  municipalityId: MunicipalityId,
  directory: Changes['directory'],
): Promise<readonly string[]> {
  if (directory.classIds.length === 0 && directory.tariffIds.length === 0) return directory.pupilIds;
  const { rows } = await tx.query<{ pupil_id: string }>({
    name: 'pupils_touched',
    text: `select pupil_id from pupils where municipality_id = $1 and class_id = any($2)
           union select pupil_id from enrolments where municipality_id = $1 and tariff_id = any($3)`,
    values: [municipalityId, directory.classIds, directory.tariffIds],
  });
  return [...new Set([...directory.pupilIds, ...rows.map((row) => row.pupil_id)])].sort();
}

/** The tables that many rows of a kind go into. */
const TABLES: Partial<Readonly<Record<RecordKind, string>>> = {
  guardians: 'guardians',
  pupils: 'pupils',
  households: 'households, household_pupils, household_guardians',
  enrolments: 'enrolments',
  badges: 'badges',
};

async function refreshStatistics(tx: Transaction, kind: RecordKind): Promise<void> {
  const tables = TABLES[kind];
  if (tables !== undefined) await tx.query({ text: `analyze ${tables}`, values: [] });
}

async function writeEdits(
  tx: Transaction,
  municipalityId: MunicipalityId,
  editor: Editor,
  edits: readonly RecordEdit[],
  at: Date,
): Promise<void> {
  if (edits.length === 0) return;
  const rows = edits.map((edit) => ({ ...edit, editId: uuidV7() }));
  await tx.query({
    name: 'write_edits',
    text: `
      insert into record_edits (municipality_id, edit_id, edited_at, editor, source, record_kind, record_id, is_new, fields)
      select $1, r."editId", $3, $4, $5, r."recordKind", r."recordId", r."isNew", r.fields
      from jsonb_to_recordset($2::jsonb) as r (
        "editId" uuid, "recordKind" text, "recordId" text, "isNew" boolean, fields text[])`,
    values: [municipalityId, JSON.stringify(rows), at, editor.name, editor.source],
  });
}

async function writeChanges(
  cipher: FieldCipher,
  tx: Transaction,
  municipalityId: MunicipalityId,
  changes: Changes,
  written: Written,
): Promise<void> {
  const { records } = changes;
  const write = async (name: string, text: string, rows: readonly object[]): Promise<void> => {
    if (rows.length > 0) await tx.query({ name, text, values: [municipalityId, JSON.stringify(rows)] });
  };
  if (changes.municipality !== null) await write('write_municipality', WRITE_MUNICIPALITY, [changes.municipality]);
  await write('write_schools', WRITE_SCHOOLS, records.schools);
  await write('write_school_years', WRITE_SCHOOL_YEARS, records.schoolYears.map(withDays));
  await write('write_classes', WRITE_CLASSES, records.classes);
  await write('write_services', WRITE_SERVICES, records.services);
  await write('write_tariffs', WRITE_TARIFFS, records.tariffs);
  await write('clear_prices', CLEAR_PRICES, records.tariffs);
  await write(
    'write_prices',
    WRITE_PRICES,
    records.tariffs.flatMap((tariff) => tariff.prices.map((price) => ({ ...withDays(price), id: tariff.id }))),
  );
  await write('write_guardians', WRITE_GUARDIANS, records.guardians);
  const today = serviceDateAt(written.at);
  const sealed = (id: string) => sealDiets(cipher, municipalityId, id, written.dietVersions.get(id) ?? [], today);
  // A row that is written is sealed afresh, also where its diets are as they were: what changed cannot be seen.
  const pupilRow = (pupil: Pupil) => ({
    ...pupil,
    ...sealed(pupil.id),
    directoryVersion: written.versions.get(pupil.id),
  });
  await write('write_pupils', WRITE_PUPILS, records.pupils.map(pupilRow));
  const rewritten = new Set(records.pupils.map(({ id }) => id));
  await write(
    'write_diets',
    WRITE_DIETS,
    records.diets.filter(({ id }) => !rewritten.has(id)).map(({ id }) => ({ id, ...sealed(id) })),
  );
  const iseeSealed = (id: string) => sealIsee(cipher, municipalityId, id, written.certifications.get(id) ?? []);
  await write(
    'write_households',
    WRITE_HOUSEHOLDS,
    records.households.map((one) => ({ ...one, nameKey: nameKey(one.name), iseeSealed: iseeSealed(one.id) })),
  );
  const housed = new Set(records.households.map(({ id }) => id));
  await write(
    'write_isee',
    WRITE_ISEE,
    records.isee.filter(({ id }) => !housed.has(id)).map(({ id }) => ({ id, iseeSealed: iseeSealed(id) })),
  );
  // All that leave before any comes: pupils may change households in one call.
  if (records.households.length > 0) {
    const values = [municipalityId, records.households.map(({ id }) => id)];
    await tx.query({ name: 'clear_household_pupils', text: CLEAR_HOUSEHOLD_PUPILS, values });
    await tx.query({ name: 'clear_household_guardians', text: CLEAR_HOUSEHOLD_GUARDIANS, values });
  }
  const members = (read: (household: Household) => readonly string[]) =>
    records.households.flatMap((household) => read(household).map((member) => ({ id: household.id, member })));
  await write(
    'write_household_pupils',
    WRITE_HOUSEHOLD_PUPILS,
    members((one) => one.pupilIds),
  );
  await write(
    'write_household_guardians',
    WRITE_HOUSEHOLD_GUARDIANS,
    members((one) => one.guardianIds),
  );
  const withAddress = (enrolment: Enrolment) => ({
    ...withDays(enrolment),
    invoiceAddress: enrolment.invoiceAddress === 'none' ? null : enrolment.invoiceAddress,
  });
  await write('write_enrolments', WRITE_ENROLMENTS, records.enrolments.map(withAddress));
  // Blocked ones first, so that a number is free before its new holder takes it.
  const badges = records.badges.map(withDays);
  await write(
    'write_badges',
    WRITE_BADGES,
    badges.filter((badge) => badge.blocked),
  );
  await write(
    'write_badges',
    WRITE_BADGES,
    badges.filter((badge) => !badge.blocked),
  );
  await write(
    'write_badge_changes',
    WRITE_BADGE_CHANGES,
    changes.badgeChanges.map((change) => ({ ...change, changeId: uuidV7(), changedAt: written.at })),
  );
  await write('write_pupil_versions', WRITE_PUPIL_VERSIONS, pupilVersions(changes, written));
  await tx.query({
    name: 'write_directory_version',
    text: `update municipalities set directory_version = $2 where municipality_id = $1`,
    values: [municipalityId, written.directoryVersion],
  });
}

/** Pupils whose own row was not written, but whose diets, badges, class, enrolments or prices were. */
function pupilVersions(changes: Changes, written: Written): readonly object[] {
  const rewritten = new Set(changes.records.pupils.map((pupil) => pupil.id));
  return [...written.versions].filter(([id]) => !rewritten.has(id)).map(([id, version]) => ({ id, version }));
}

/** The row of a record that holds for a span of days; `jsonb_to_recordset` leaves out what it does not name. */
function withDays<Kind extends { readonly validity: Validity }>(
  record: Kind,
): Kind & { validFrom: string; validUntil: string | null } {
  return { ...record, validFrom: record.validity.from, validUntil: record.validity.until };
}

const WRITE_MUNICIPALITY = `
  update municipalities set name = r.name, website_url = r."websiteUrl", office_contact = r."officeContact",
    light_diet_days_max = r."lightDietDaysMax"
  from jsonb_to_recordset($2::jsonb) as r (name text, "websiteUrl" text, "officeContact" text, "lightDietDaysMax" integer)
  where municipality_id = $1`;
const WRITE_SCHOOLS = `
  insert into schools (municipality_id, school_id, name)
  select $1, r.id, r.name from jsonb_to_recordset($2::jsonb) as r (id uuid, name text)
  on conflict (municipality_id, school_id) do update set name = excluded.name`;
const WRITE_SCHOOL_YEARS = `
  insert into school_years (municipality_id, school_year_id, name, valid_from, valid_until)
  select $1, r.id, r.name, r."validFrom", r."validUntil"
  from jsonb_to_recordset($2::jsonb) as r (id uuid, name text, "validFrom" date, "validUntil" date)
  on conflict (municipality_id, school_year_id)
  do update set name = excluded.name, valid_from = excluded.valid_from, valid_until = excluded.valid_until`;
const WRITE_CLASSES = `
  insert into classes (municipality_id, class_id, school_id, school_year_id, name)
  select $1, r.id, r."schoolId", r."schoolYearId", r.name
  from jsonb_to_recordset($2::jsonb) as r (id uuid, "schoolId" uuid, "schoolYearId" uuid, name text)
  on conflict (municipality_id, class_id)
  do update set school_id = excluded.school_id, school_year_id = excluded.school_year_id, name = excluded.name`;
const WRITE_SERVICES = `
  insert into services (municipality_id, service, name)
  select $1, r.id, r.name from jsonb_to_recordset($2::jsonb) as r (id text, name text)
  on conflict (municipality_id, service) do update set name = excluded.name`;
const WRITE_TARIFFS = `
  insert into tariffs (municipality_id, tariff_id, service, name)
  select $1, r.id, r.service, r.name from jsonb_to_recordset($2::jsonb) as r (id uuid, service text, name text)
  on conflict (municipality_id, tariff_id) do update set name = excluded.name`;
const CLEAR_PRICES = `
  delete from tariff_prices
  where municipality_id = $1 and tariff_id in (select r.id from jsonb_to_recordset($2::jsonb) as r (id uuid))`;
const WRITE_PRICES = `
  insert into tariff_prices (municipality_id, tariff_id, valid_from, valid_until, price_cents, bands)
  select $1, r.id, r."validFrom", r."validUntil", r."priceCents", r.bands
  from jsonb_to_recordset($2::jsonb) as r (
    id uuid, "validFrom" date, "validUntil" date, "priceCents" bigint, bands jsonb)`;
const WRITE_GUARDIANS = `
  insert into guardians (municipality_id, guardian_id, given_name, family_name, codice_fiscale)
  select $1, r.id, r."givenName", r."familyName", r."codiceFiscale"
  from jsonb_to_recordset($2::jsonb) as r (id uuid, "givenName" text, "familyName" text, "codiceFiscale" text)
  on conflict (municipality_id, guardian_id)
  do update set given_name = excluded.given_name, family_name = excluded.family_name, codice_fiscale = excluded.codice_fiscale`;
const WRITE_PUPILS = `
  insert into pupils
    (municipality_id, pupil_id, given_name, family_name, codice_fiscale, class_id, diet_sealed, diets_sealed, closed, birth,
     residence, directory_version)
  select $1, r.id, r."givenName", r."familyName", r."codiceFiscale", r."classId", r.diet_sealed, r.diets_sealed,
         r.closed, r.birth, r.residence, r."directoryVersion"
  from jsonb_to_recordset($2::jsonb) as r (
    id uuid, "givenName" text, "familyName" text, "codiceFiscale" text, "classId" uuid, diet_sealed text,
    diets_sealed text, closed boolean, birth jsonb, residence jsonb, "directoryVersion" bigint)
  on conflict (municipality_id, pupil_id)
  do update set given_name = excluded.given_name, family_name = excluded.family_name,
    codice_fiscale = excluded.codice_fiscale, class_id = excluded.class_id, diet_sealed = excluded.diet_sealed,
    diets_sealed = excluded.diets_sealed, closed = excluded.closed, birth = excluded.birth, residence = excluded.residence,
    directory_version = excluded.directory_version`;
const WRITE_DIETS = `
  update pupils set diet_sealed = r.diet_sealed, diets_sealed = r.diets_sealed
  from jsonb_to_recordset($2::jsonb) as r (id uuid, diet_sealed text, diets_sealed text)
  where municipality_id = $1 and pupil_id = r.id`;
const WRITE_HOUSEHOLDS = `
  insert into households (municipality_id, household_id, name, name_key, isee_sealed)
  select $1, r.id, r.name, r."nameKey", r."iseeSealed"
  from jsonb_to_recordset($2::jsonb) as r (id uuid, name text, "nameKey" text, "iseeSealed" text)
  on conflict (municipality_id, household_id)
  do update set name = excluded.name, name_key = excluded.name_key, isee_sealed = excluded.isee_sealed`;
const WRITE_ISEE = `
  update households set isee_sealed = r."iseeSealed"
  from jsonb_to_recordset($2::jsonb) as r (id uuid, "iseeSealed" text)
  where municipality_id = $1 and household_id = r.id`;
const CLEAR_HOUSEHOLD_PUPILS = `
  delete from household_pupils where municipality_id = $1 and household_id = any($2)`;
const CLEAR_HOUSEHOLD_GUARDIANS = `
  delete from household_guardians where municipality_id = $1 and household_id = any($2)`;
const WRITE_HOUSEHOLD_PUPILS = `
  insert into household_pupils (municipality_id, household_id, pupil_id)
  select $1, r.id, r.member from jsonb_to_recordset($2::jsonb) as r (id uuid, member uuid)`;
const WRITE_HOUSEHOLD_GUARDIANS = `
  insert into household_guardians (municipality_id, household_id, guardian_id)
  select $1, r.id, r.member from jsonb_to_recordset($2::jsonb) as r (id uuid, member uuid)`;
const WRITE_ENROLMENTS = `
  insert into enrolments
    (municipality_id, enrolment_id, pupil_id, service, school_year_id, guardian_id, tariff_id, payment_mode,
     overdraft_cents, valid_from, valid_until, reductions, invoice_email, invoice_address)
  select $1, r.id, r."pupilId", r.service, r."schoolYearId", r."guardianId", r."tariffId", r."paymentMode",
         r."overdraftCents", r."validFrom", r."validUntil", r.reductions, r."invoiceEmail", r."invoiceAddress"
  from jsonb_to_recordset($2::jsonb) as r (
    id uuid, "pupilId" uuid, service text, "schoolYearId" uuid, "guardianId" uuid, "tariffId" uuid, "paymentMode" text,
    "overdraftCents" bigint, "validFrom" date, "validUntil" date, reductions jsonb, "invoiceEmail" text,
    "invoiceAddress" jsonb)
  on conflict (municipality_id, enrolment_id)
  do update set school_year_id = excluded.school_year_id, guardian_id = excluded.guardian_id,
    tariff_id = excluded.tariff_id, payment_mode = excluded.payment_mode, overdraft_cents = excluded.overdraft_cents,
    valid_from = excluded.valid_from, valid_until = excluded.valid_until, reductions = excluded.reductions,
    invoice_email = excluded.invoice_email, invoice_address = excluded.invoice_address`;
const WRITE_BADGES = `
  insert into badges
    (municipality_id, badge_id, pupil_id, badge_number, blocked, valid_from, valid_until, replaces_badge_id)
  select $1, r.id, r."pupilId", r."badgeNumber", r.blocked, r."validFrom", r."validUntil", r."replacesBadgeId"
  from jsonb_to_recordset($2::jsonb) as r (
    id uuid, "pupilId" uuid, "badgeNumber" text, blocked boolean, "validFrom" date, "validUntil" date,
    "replacesBadgeId" uuid)
  on conflict (municipality_id, badge_id)
  do update set blocked = excluded.blocked, valid_from = excluded.valid_from, valid_until = excluded.valid_until`;
const WRITE_BADGE_CHANGES = `
  insert into badge_changes (municipality_id, pupil_id, change_id, badge_id, kind, changed_at, replaced_by_badge_id)
  select $1, r."pupilId", r."changeId", r."badgeId", r.kind, r."changedAt", r."replacedByBadgeId"
  from jsonb_to_recordset($2::jsonb) as r (
    "pupilId" uuid, "changeId" uuid, "badgeId" uuid, kind text, "changedAt" timestamptz, "replacedByBadgeId" uuid)`;
const WRITE_PUPIL_VERSIONS = `
  update pupils set directory_version = r.version
  from jsonb_to_recordset($2::jsonb) as r (id uuid, version bigint)
  where municipality_id = $1 and pupil_id = r.id`;
