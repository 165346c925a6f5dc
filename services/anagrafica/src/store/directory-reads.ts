import type { FieldCipher } from '@campanella/field-encryption';
import type { Queryable } from '@campanella/postgres';
import type { CodiceFiscale } from '@campanella/vocabulary';
import {
  cents,
  id,
  type MunicipalityId,
  numberId,
  type PupilId,
  type ServiceCode,
  type ServiceDate,
  serviceCode,
} from '@campanella/vocabulary';
import type { DirectoryReads, PupilPayer } from '../app/read-directory.ts';
import { dietSpans, dietsOf } from '../domain/diet.ts';
import {
  type BadgeHistoryEntry,
  type DirectoryEnrolment,
  type DirectoryPage,
  type DirectoryPupil,
  type KnownMunicipality,
  type Payer,
  type PupilRecord,
  type PupilSheet,
  priceOn,
} from '../domain/directory.ts';
import { type IseeCertification, iseeOutcomeOn, iseePrices } from '../domain/isee.ts';
import type { PaymentMode, Price, School } from '../domain/records.ts';
import { reducedPrices } from '../domain/reduction.ts';
import { openDiets, type SealedDiets } from './diet.ts';
import { openIsee } from './isee.ts';
import {
  type BadgeRow,
  type EnrolmentRow,
  type GuardianRow,
  type PriceRow,
  toBadge,
  toBirth,
  toGuardian,
  toInvoiceAddress,
  toPrice,
  toReductions,
  toResidence,
  toValidity,
} from './rows.ts';

/** The reading side of the tables; diets are opened on their way out. */
export function directoryReads(database: Queryable, cipher: FieldCipher): DirectoryReads {
  return {
    listChanges: (municipalityId, after, size) => listChanges(database, cipher, municipalityId, after, size),
    listSchools: (municipalityId) => listSchools(database, municipalityId),
    findMunicipality: (municipalityId) => findMunicipality(database, municipalityId),
    pupilsOfGuardian: (municipalityId, code, today) => pupilsOfGuardian(database, municipalityId, code, today),
    findPayer: (municipalityId, pupilId, service, today) =>
      findPayer(database, municipalityId, pupilId, service, today),
    listPayers: (municipalityId, pupilIds, service, today) =>
      listPayers(database, municipalityId, pupilIds, service, today),
    findRecord: (municipalityId, pupilId) => findRecord(database, cipher, municipalityId, pupilId),
    pupilSheets: (municipalityId, pupilIds) => pupilSheets(database, cipher, municipalityId, pupilIds),
    badgeHistory: (municipalityId, pupilId) => badgeHistory(database, municipalityId, pupilId),
  };
}

interface EnrolmentJson extends EnrolmentRow {
  readonly service_name: string;
  readonly prices: readonly PriceRow[] | null;
}

/** The household of a pupil, with its sealed certifications. */
interface HouseholdIseeRow {
  readonly id: string;
  readonly isee_sealed: string | null;
}

interface SheetRow {
  readonly pupil_id: string;
  readonly given_name: string;
  readonly family_name: string;
  readonly school_id: string;
  readonly school_name: string;
  readonly class_name: string;
  readonly closed: boolean;
  readonly badges: readonly BadgeRow[] | null;
  readonly enrolments: readonly EnrolmentJson[] | null;
  readonly household: HouseholdIseeRow | null;
}

interface ChangeRow extends SheetRow, SealedDiets {
  readonly version: number;
}

const BADGES_OF_PUPIL = `
  (select json_agg(json_build_object(
            'id', badge_id, 'pupil_id', pupil_id, 'badge_number', badge_number, 'blocked', blocked,
            'valid_from', valid_from, 'valid_until', valid_until, 'replaces_badge_id', replaces_badge_id)
          order by blocked, valid_from desc, badge_id)
   from badges where badges.municipality_id = pupils.municipality_id and badges.pupil_id = pupils.pupil_id)`;
const HOUSEHOLD_OF_PUPIL = `
  (select json_build_object('id', household_id, 'isee_sealed', isee_sealed)
   from household_pupils join households using (municipality_id, household_id)
   where household_pupils.municipality_id = pupils.municipality_id and household_pupils.pupil_id = pupils.pupil_id)`;
const ENROLMENTS_OF_PUPIL = `
  (select json_agg(json_build_object(
            'id', enrolment_id, 'service', enrolments.service, 'service_name', services.name,
            'payment_mode', payment_mode, 'overdraft_cents', overdraft_cents,
            'valid_from', valid_from, 'valid_until', valid_until, 'reductions', reductions,
            'prices', (select json_agg(json_build_object(
                                'price_cents', price_cents, 'valid_from', valid_from, 'valid_until', valid_until,
                                'bands', bands)
                              order by valid_from)
                       from tariff_prices
                       where tariff_prices.municipality_id = enrolments.municipality_id
                         and tariff_prices.tariff_id = enrolments.tariff_id))
          order by enrolments.service, valid_from)
   from enrolments join services using (municipality_id, service)
   where enrolments.municipality_id = pupils.municipality_id and enrolments.pupil_id = pupils.pupil_id)`;

/** One statement, so one snapshot: the version answered is never ahead of the pupils answered. */
async function listChanges(
  database: Queryable,
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  afterVersion: number,
  pageSize: number,
): Promise<DirectoryPage | null> {
  const { rows } = await database.query<{ directory_version: number; pupils: readonly ChangeRow[] | null }>({
    name: 'list_changes',
    text: `
      with page as (
        select pupils.pupil_id, pupils.directory_version as version, given_name, family_name, diet_sealed,
               diets_sealed, closed, school_id, '' as school_name, classes.name as class_name,
               ${BADGES_OF_PUPIL} as badges, ${ENROLMENTS_OF_PUPIL} as enrolments,
               ${HOUSEHOLD_OF_PUPIL} as household
        from pupils join classes using (municipality_id, class_id)
        where pupils.municipality_id = $1 and pupils.directory_version > $2
        order by pupils.directory_version
        limit $3
      )
      select directory_version,
             (select json_agg(row_to_json(page) order by page.version) from page) as pupils
      from municipalities where municipality_id = $1`,
    values: [municipalityId, afterVersion, pageSize + 1],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const found = row.pupils ?? [];
  const pupils = found.slice(0, pageSize).map((one) => toDirectoryPupil(cipher, municipalityId, one));
  const more = found.length > pageSize;
  return { pupils, more, version: more ? (pupils.at(-1)?.version ?? afterVersion) : row.directory_version };
}

function toDirectoryPupil(cipher: FieldCipher, municipalityId: MunicipalityId, row: ChangeRow): DirectoryPupil {
  const pupilId = id<PupilId>(row.pupil_id);
  const version = row.version;
  if (row.closed) {
    return { ...REMOVED, pupilId, version, schoolId: row.school_id };
  }
  return {
    pupilId,
    version,
    removed: false,
    displayName: displayName(row),
    schoolId: row.school_id,
    className: row.class_name,
    diets: dietSpans(dietsOf(openDiets(cipher, municipalityId, row.pupil_id, row))),
    badges: (row.badges ?? []).map(toBadge),
    enrolments: (row.enrolments ?? []).map((one) =>
      toDirectoryEnrolment(one, certificationsOf(cipher, municipalityId, row.household, one.prices)),
    ),
  };
}

const REMOVED = { removed: true, displayName: '', className: '', diets: [], badges: [], enrolments: [] } as const;

function toDirectoryEnrolment(row: EnrolmentJson, certifications: readonly IseeCertification[]): DirectoryEnrolment {
  return {
    enrolmentId: row.id,
    service: serviceCode(row.service),
    paymentMode: row.payment_mode,
    overdraftCents: row.overdraft_cents,
    validity: toValidity(row),
    prices: pricesOf(row, certifications),
  };
}

/** What the enrolment's meals cost: the price of the household's band, its reductions taken off. */
function pricesOf(
  row: { readonly prices: readonly PriceRow[] | null; readonly reductions: unknown },
  certifications: readonly IseeCertification[],
): readonly Price[] {
  return reducedPrices(iseePrices((row.prices ?? []).map(toPrice), certifications), toReductions(row.reductions));
}

/** The certifications that prices depend on: opened only where there are bands. */
function certificationsOf(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  household: HouseholdIseeRow | null,
  prices: readonly PriceRow[] | null,
): readonly IseeCertification[] {
  if (household === null || !(prices ?? []).some((price) => toPrice(price).bands?.length !== 0)) return [];
  return openIsee(cipher, municipalityId, household.id, household.isee_sealed);
}

function displayName(row: SheetRow): string {
  return `${row.given_name} ${row.family_name}`;
}

async function pupilSheets(
  database: Queryable,
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilIds: readonly PupilId[],
): Promise<readonly PupilSheet[]> {
  if (pupilIds.length === 0) return [];
  const { rows } = await database.query<SheetRow>({
    name: 'pupil_sheets',
    text: `
      select pupils.pupil_id, given_name, family_name, closed, school_id, schools.name as school_name,
             classes.name as class_name, ${BADGES_OF_PUPIL} as badges, ${ENROLMENTS_OF_PUPIL} as enrolments,
             ${HOUSEHOLD_OF_PUPIL} as household
      from pupils join classes using (municipality_id, class_id) join schools using (municipality_id, school_id)
      where pupils.municipality_id = $1 and pupils.pupil_id = any($2)
      order by given_name, family_name, pupil_id`,
    values: [municipalityId, pupilIds],
  });
  return rows.map((row) => ({
    pupilId: id<PupilId>(row.pupil_id),
    displayName: displayName(row),
    schoolName: row.school_name,
    className: row.class_name,
    closed: row.closed,
    badges: (row.badges ?? []).map(toBadge),
    enrolments: (row.enrolments ?? []).map((one) => ({
      service: serviceCode(one.service),
      serviceName: one.service_name,
      paymentMode: one.payment_mode,
      validity: toValidity(one),
      prices: pricesOf(one, certificationsOf(cipher, municipalityId, row.household, one.prices)),
    })),
  }));
}

interface RecordRow {
  readonly pupil_id: string;
  readonly given_name: string;
  readonly family_name: string;
  readonly codice_fiscale: string;
  readonly closed: boolean;
  readonly birth: unknown;
  readonly residence: unknown;
  readonly school_name: string;
  readonly class_name: string;
  readonly badges: readonly BadgeRow[] | null;
  readonly household: HouseholdIseeRow | null;
}

interface RecordEnrolmentRow extends EnrolmentRow {
  readonly service_name: string;
  readonly school_year: string;
  readonly tariff_name: string;
  readonly payer_given_name: string;
  readonly payer_family_name: string;
  readonly prices: readonly PriceRow[] | null;
}

/** All that is kept of a pupil but its diet; null for an unknown one. */
export async function findRecord(
  database: Queryable,
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
): Promise<PupilRecord | null> {
  const { rows } = await database.query<RecordRow>({
    name: 'find_record',
    text: `
      select pupils.pupil_id, given_name, family_name, codice_fiscale, closed, birth, residence,
             schools.name as school_name, classes.name as class_name, ${BADGES_OF_PUPIL} as badges,
             ${HOUSEHOLD_OF_PUPIL} as household
      from pupils join classes using (municipality_id, class_id) join schools using (municipality_id, school_id)
      where pupils.municipality_id = $1 and pupils.pupil_id = $2`,
    values: [municipalityId, pupilId],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const { rows: enrolments } = await database.query<RecordEnrolmentRow>({
    name: 'enrolments_of_record',
    text: `
      select enrolment_id as id, enrolments.service, services.name as service_name, school_years.name as school_year,
             payment_mode, overdraft_cents, enrolments.valid_from, enrolments.valid_until, tariffs.name as tariff_name,
             enrolments.reductions, enrolments.invoice_email, enrolments.invoice_address,
             guardians.given_name as payer_given_name, guardians.family_name as payer_family_name,
             (select json_agg(json_build_object(
                       'price_cents', price_cents, 'valid_from', valid_from, 'valid_until', valid_until,
                       'bands', bands)
                     order by valid_from)
              from tariff_prices
              where tariff_prices.municipality_id = enrolments.municipality_id
                and tariff_prices.tariff_id = enrolments.tariff_id) as prices
      from enrolments join services using (municipality_id, service)
        join school_years using (municipality_id, school_year_id)
        join tariffs using (municipality_id, tariff_id)
        join guardians using (municipality_id, guardian_id)
      where enrolments.municipality_id = $1 and enrolments.pupil_id = $2
      order by enrolments.valid_from desc, enrolments.service, enrolment_id`,
    values: [municipalityId, pupilId],
  });
  return {
    pupilId,
    displayName: `${row.given_name} ${row.family_name}`,
    closed: row.closed,
    codiceFiscale: row.codice_fiscale,
    birth: toBirth(row.birth),
    residence: toResidence(row.residence),
    badges: (row.badges ?? []).map(toBadge),
    enrolments: enrolments.map((one) => {
      const certifications = certificationsOf(cipher, municipalityId, row.household, one.prices);
      return {
        enrolmentId: one.id,
        service: serviceCode(one.service),
        serviceName: one.service_name,
        schoolYear: one.school_year,
        schoolName: row.school_name,
        className: row.class_name,
        paymentMode: one.payment_mode,
        validity: toValidity(one),
        tariffName: one.tariff_name,
        prices: pricesOf(one, certifications),
        iseeOn: (day) => iseeOutcomeOn(priceOn((one.prices ?? []).map(toPrice), day), certifications, day),
        payerName: `${one.payer_given_name} ${one.payer_family_name}`,
        reductions: toReductions(one.reductions),
        invoiceEmail: one.invoice_email,
        invoiceAddress: toInvoiceAddress(one.invoice_address),
      };
    }),
  };
}

/** The payer of the enrolment in force (or the last that ended, else the next) in any service of the pupil. */
async function pupilsOfGuardian(
  database: Queryable,
  municipalityId: MunicipalityId,
  code: CodiceFiscale,
  today: ServiceDate,
): Promise<readonly PupilId[]> {
  const { rows } = await database.query<{ pupil_id: string }>({
    name: 'pupils_of_guardian',
    text: `
      with payer as (
        select guardian_id from guardians where municipality_id = $1 and codice_fiscale = $2
      ), candidates as (
        select distinct pupil_id from enrolments where municipality_id = $1 and guardian_id = (select guardian_id from payer)
      ), current as (
        select distinct on (enrolments.pupil_id, service) enrolments.pupil_id, guardian_id
        from enrolments join candidates using (pupil_id)
        where municipality_id = $1
        order by enrolments.pupil_id, service, (valid_from <= $3::date) desc,
                 abs(valid_from - $3::date), enrolment_id
      )
      select distinct pupil_id from current where guardian_id = (select guardian_id from payer) order by pupil_id`,
    values: [municipalityId, code, today],
  });
  return rows.map((row) => id<PupilId>(row.pupil_id));
}

interface PayerRow extends GuardianRow {
  readonly pupil_id: string;
  readonly payment_mode: PaymentMode;
  readonly overdraft_cents: number;
  readonly invoice_email: string;
  readonly pupil_given_name: string;
  readonly pupil_family_name: string;
  readonly pupil_codice_fiscale: string;
}

async function findPayer(
  database: Queryable,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  service: ServiceCode,
  today: ServiceDate,
): Promise<Payer | null> {
  const [found] = await listPayers(database, municipalityId, [pupilId], service, today);
  return found?.payer ?? null;
}

async function listPayers(
  database: Queryable,
  municipalityId: MunicipalityId,
  pupilIds: readonly PupilId[],
  service: ServiceCode,
  today: ServiceDate,
): Promise<PupilPayer[]> {
  const { rows } = await database.query<PayerRow>({
    name: 'list_payers',
    text: `
      select distinct on (pupil_id) pupil_id, guardian_id as id, guardians.given_name, guardians.family_name,
        guardians.codice_fiscale, payment_mode, overdraft_cents, invoice_email, pupils.given_name as pupil_given_name,
        pupils.family_name as pupil_family_name, pupils.codice_fiscale as pupil_codice_fiscale
      from enrolments join guardians using (municipality_id, guardian_id) join pupils using (municipality_id, pupil_id)
      where municipality_id = $1 and pupil_id = any($2) and service = $3
      order by pupil_id, (valid_from <= $4::date) desc, abs(valid_from - $4::date), enrolment_id`,
    values: [municipalityId, pupilIds, service, today],
  });
  return rows.map((row) => ({
    pupilId: id<PupilId>(row.pupil_id),
    payer: { guardian: toGuardian(row), paymentMode: row.payment_mode, overdraftCents: cents(row.overdraft_cents) },
    invoiceEmail: row.invoice_email,
    pupil: {
      givenName: row.pupil_given_name,
      familyName: row.pupil_family_name,
      codiceFiscale: row.pupil_codice_fiscale,
    },
  }));
}

async function listSchools(database: Queryable, municipalityId: MunicipalityId): Promise<readonly School[]> {
  const { rows } = await database.query<{ id: string; name: string }>({
    name: 'list_schools',
    text: `select school_id as id, name from schools where municipality_id = $1 order by name, school_id`,
    values: [municipalityId],
  });
  return rows;
}

async function findMunicipality(
  database: Queryable,
  municipalityId: MunicipalityId,
): Promise<KnownMunicipality | null> {
  const { rows } = await database.query<{
    municipality_id: number;
    name: string;
    website_url: string;
    office_contact: string;
  }>({
    name: 'find_municipality',
    text: `select municipality_id, name, website_url, office_contact from municipalities where municipality_id = $1`,
    values: [municipalityId],
  });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    municipalityId: numberId<MunicipalityId>(row.municipality_id),
    name: row.name,
    websiteUrl: row.website_url,
    officeContact: row.office_contact,
  };
}

async function badgeHistory(
  database: Queryable,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
): Promise<readonly BadgeHistoryEntry[]> {
  const { rows } = await database.query<{
    badge_id: string;
    badge_number: string;
    kind: BadgeHistoryEntry['kind'];
    changed_at: Date;
    replaced_by_badge_id: string | null;
  }>({
    name: 'badge_history',
    text: `select badge_id, badge_number, kind, changed_at, replaced_by_badge_id
           from badge_changes join badges using (municipality_id, badge_id)
           where municipality_id = $1 and badge_changes.pupil_id = $2
           order by changed_at, change_id`,
    values: [municipalityId, pupilId],
  });
  return rows.map((row) => ({
    badgeId: row.badge_id,
    badgeNumber: row.badge_number,
    kind: row.kind,
    changedAt: row.changed_at,
    replacedByBadgeId: row.replaced_by_badge_id,
  }));
}
