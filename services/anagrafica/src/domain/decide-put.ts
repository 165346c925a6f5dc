import {
  accept,
  addDays,
  type Decision,
  nameKey,
  refuse,
  type ServiceDate,
  type Validity,
} from '@campanella/vocabulary';
import {
  ALWAYS,
  type Diet,
  type DietChange,
  type DietSpan,
  dietByCode,
  dietChange,
  dietCodeOn,
  dietSpans,
  type PupilDiets,
  withDiets,
} from './diet.ts';
import { isSame } from './is-same.ts';
import { type HouseholdIsee, type TariffPrice, withCertifications } from './isee.ts';
import type {
  Badge,
  BadgeChange,
  Changes,
  DietChanges,
  Enrolment,
  Household,
  IncomingRecords,
  Municipality,
  Placed,
  Pupil,
  RecordKind,
  RecordKinds,
  RecordRefusal,
  RecordRefusalKind,
  StoredRecords,
  Tariff,
} from './records.ts';
import { firstDayOutside, overlaps } from './spans.ts';

export interface RecordsRefused {
  readonly kind: 'records_refused';
  readonly refusals: readonly RecordRefusal[];
}

/** Everything as it would be after the Put: what came in over what is stored. */
type After = { readonly [Kind in RecordKind]: ReadonlyMap<string, RecordKinds[Kind]> };

/** The ids (and `municipality`) that came in but were refused for their shape: whoever refers to them is not at fault. */
export type RefusedIds = ReadonlySet<string>;

/** Longest light diet of a municipality that has not said another, in days. */
export const LIGHT_DIET_DAYS_DEFAULT = 3;
/** Most recordings of one pupil's diets: far more than years at school make, far less than a sealed field holds. */
export const DIET_VERSIONS_MAX = 300;

/**
 * Decides a Put of well-formed records against what is stored.
 *
 * @param stored everything that the incoming records touch or refer to, and every record that could be in their way: the
 *   holders of the same codici fiscali and badge numbers, the other enrolments of the same pupils
 * @param today the day from which a diet holds that is told without days
 * @param refusedIds ids of incoming records that were refused already
 * @returns only what is new or different, so that the same Put again comes to nothing; or every refusal
 */
export function decidePut(
  stored: StoredRecords,
  told: IncomingRecords,
  today: ServiceDate,
  refusedIds: RefusedIds = new Set(),
): Decision<Changes, RecordsRefused> {
  const incoming = { ...told, diets: [...told.diets, ...dietsByCode(stored, told, today)] };
  const after: After = {
    schools: overlay(stored.schools, incoming.schools),
    schoolYears: overlay(stored.schoolYears, incoming.schoolYears),
    classes: overlay(stored.classes, incoming.classes),
    services: overlay(stored.services, incoming.services),
    tariffs: overlay(stored.tariffs, incoming.tariffs),
    guardians: overlay(stored.guardians, incoming.guardians),
    pupils: overlay(stored.pupils, incoming.pupils),
    diets: overlay(stored.diets, dietsLaidOver(stored, incoming.diets)),
    households: overlay(stored.households, incoming.households),
    isee: overlay(stored.isee, iseeLaidOver(stored, incoming.isee)),
    enrolments: overlay(stored.enrolments, incoming.enrolments),
    badges: overlay(stored.badges, incoming.badges),
  };
  const refusals = [
    ...(stored.municipality === null && incoming.municipality === null && !refusedIds.has('municipality')
      ? [UNKNOWN_MUNICIPALITY]
      : []),
    ...checkReferences(after, incoming, refusedIds),
    ...checkFixedFields(stored, incoming),
    ...checkCodiciFiscali('guardians', after, incoming.guardians),
    ...checkCodiciFiscali('pupils', after, incoming.pupils),
    ...checkDiets(stored, told, incoming.diets),
    ...checkHouseholds(after, incoming.households, refusedIds),
    ...checkEnrolments(after, incoming.enrolments),
    ...checkSiblings(after, incoming.enrolments),
    ...checkPrices(stored, after, incoming),
    ...checkBadges(after, incoming.badges),
  ];
  if (refusals.length > 0) return refuse({ kind: 'records_refused', refusals });
  return accept(changesOf(stored, incoming, after));
}

const UNKNOWN_MUNICIPALITY: RecordRefusal = {
  kind: 'unknown_reference',
  recordKind: 'municipality',
  index: 0,
  recordId: '',
  field: 'municipality_id',
};

function overlay<Kind extends { readonly id: string }>(
  stored: ReadonlyMap<string, Kind>,
  incoming: readonly Placed<Kind>[],
): ReadonlyMap<string, Kind> {
  const after = new Map(stored);
  for (const { record } of incoming) after.set(record.id, record);
  return after;
}

function refusal(
  recordKind: RecordKind,
  placed: Placed<{ readonly id: string }>,
  kind: RecordRefusalKind,
  field: string,
): RecordRefusal {
  return { kind, recordKind, index: placed.index, recordId: placed.record.id, field };
}

function checkReferences(after: After, incoming: IncomingRecords, refusedIds: RefusedIds): RecordRefusal[] {
  const found: RecordRefusal[] = [];

  function check<Kind extends RecordKind>(
    recordKind: Kind,
    placed: readonly Placed<RecordKinds[Kind]>[],
    references: readonly (readonly [string, RecordKind, (record: RecordKinds[Kind]) => string | null])[],
  ): void {
    for (const one of placed) {
      for (const [field, target, idOf] of references) {
        const id = idOf(one.record);
        if (id === null || after[target].has(id) || refusedIds.has(id)) continue;
        found.push(refusal(recordKind, one, 'unknown_reference', field));
      }
    }
  }

  check('classes', incoming.classes, [
    ['school_id', 'schools', (record) => record.schoolId],
    ['school_year_id', 'schoolYears', (record) => record.schoolYearId],
  ]);
  check('tariffs', incoming.tariffs, [['service', 'services', (record) => record.service]]);
  check('pupils', incoming.pupils, [['class_id', 'classes', (record) => record.classId]]);
  check('diets', incoming.diets, [['pupil_id', 'pupils', (record) => record.id]]);
  check('isee', incoming.isee, [['household_id', 'households', (record) => record.id]]);
  check('enrolments', incoming.enrolments, [
    ['pupil_id', 'pupils', (record) => record.pupilId],
    ['service', 'services', (record) => record.service],
    ['school_year_id', 'schoolYears', (record) => record.schoolYearId],
    ['guardian_id', 'guardians', (record) => record.guardianId],
    ['tariff_id', 'tariffs', (record) => record.tariffId],
  ]);
  check('badges', incoming.badges, [
    ['pupil_id', 'pupils', (record) => record.pupilId],
    ['replaces_badge_id', 'badges', (record) => record.replacesBadgeId],
  ]);
  return found;
}

function checkFixedFields(stored: StoredRecords, incoming: IncomingRecords): RecordRefusal[] {
  const found: RecordRefusal[] = [];

  function check<Kind extends RecordKind>(
    recordKind: Kind,
    placed: readonly Placed<RecordKinds[Kind]>[],
    before: ReadonlyMap<string, RecordKinds[Kind]>,
    fields: readonly (readonly [string, (record: RecordKinds[Kind]) => string | null])[],
  ): void {
    for (const one of placed) {
      const earlier = before.get(one.record.id);
      if (earlier === undefined) continue;
      for (const [field, read] of fields) {
        if (read(earlier) !== read(one.record)) {
          found.push(refusal(recordKind, one, 'fixed_field_changed', field));
        }
      }
    }
  }

  check('tariffs', incoming.tariffs, stored.tariffs, [['service', (record) => record.service]]);
  check('enrolments', incoming.enrolments, stored.enrolments, [
    ['pupil_id', (record) => record.pupilId],
    ['service', (record) => record.service],
  ]);
  check('badges', incoming.badges, stored.badges, [
    ['pupil_id', (record) => record.pupilId],
    ['badge_number', (record) => record.badgeNumber],
    ['replaces_badge_id', (record) => record.replacesBadgeId],
  ]);
  return found;
}

function checkCodiciFiscali(
  recordKind: 'guardians' | 'pupils',
  after: After,
  incoming: readonly Placed<RecordKinds['guardians'] | Pupil>[],
): RecordRefusal[] {
  const holders = new Map<string, number>();
  for (const { codiceFiscale } of after[recordKind].values()) {
    holders.set(codiceFiscale, (holders.get(codiceFiscale) ?? 0) + 1);
  }
  return incoming
    .filter(({ record }) => (holders.get(record.codiceFiscale) ?? 0) > 1)
    .map((placed) => refusal(recordKind, placed, 'codice_fiscale_taken', 'codice_fiscale'));
}

/** The diets that pupils are told to have by a code alone, as {@link dietByCode} dates them; none where today has it. */
function dietsByCode(
  stored: StoredRecords,
  { pupils }: IncomingRecords,
  today: ServiceDate,
): readonly Placed<PupilDiets>[] {
  return pupils.flatMap(({ index, record: { id, dietCode } }) => {
    if (dietCode === null || dietCode === dietCodeOn(stored.diets.get(id)?.diets ?? [], today)) return [];
    const from = stored.pupils.has(id) ? today : ALWAYS;
    return [{ index, record: { id, diets: [dietByCode(dietCode, from)] } }];
  });
}

function dietsLaidOver(stored: StoredRecords, incoming: readonly Placed<PupilDiets>[]): readonly Placed<PupilDiets>[] {
  return incoming.map(({ index, record: { id, diets } }) => ({
    index,
    record: { id, diets: withDiets(stored.diets.get(id)?.diets ?? [], diets) },
  }));
}

function iseeLaidOver(
  stored: StoredRecords,
  incoming: readonly Placed<HouseholdIsee>[],
): readonly Placed<HouseholdIsee>[] {
  return incoming.map(({ index, record: { id, certifications } }) => ({
    index,
    record: { id, certifications: withCertifications(stored.isee.get(id)?.certifications ?? [], certifications) },
  }));
}

function checkDiets(
  stored: StoredRecords,
  { municipality, pupils, diets: told }: IncomingRecords,
  incoming: readonly Placed<PupilDiets>[],
): RecordRefusal[] {
  const daysMax = municipality?.lightDietDaysMax ?? stored.municipality?.lightDietDaysMax ?? LIGHT_DIET_DAYS_DEFAULT;
  const withDays = new Set(told.map(({ record }) => record.id));
  const isTooLong = ({ kind, validity: { from, until } }: Diet): boolean =>
    kind === 'light' && (until === null || until >= addDays(from, daysMax));
  return [
    ...pupils
      .filter(({ record }) => record.dietCode !== null && withDays.has(record.id))
      .map((placed) => refusal('pupils', placed, 'duplicate', 'diet_code')),
    ...told
      .filter(({ record }) => record.diets.some(isTooLong))
      .map((placed) => refusal('diets', placed, 'light_diet_too_long', 'valid_until')),
    ...incoming
      .filter(({ record }) => (stored.dietVersions.get(record.id)?.length ?? 0) >= DIET_VERSIONS_MAX)
      .map((placed) => refusal('diets', placed, 'malformed', 'diets')),
  ];
}

function checkHouseholds(
  after: After,
  incoming: readonly Placed<Household>[],
  refusedIds: RefusedIds,
): RecordRefusal[] {
  const names = countBy([...after.households.values()], ({ name }) => [nameKey(name)]);
  const homes = countBy([...after.households.values()], ({ pupilIds }) => pupilIds);
  return incoming.flatMap((placed) => {
    const { name, pupilIds, guardianIds } = placed.record;
    const isUnknown = (kind: 'pupils' | 'guardians') => (id: string) => !after[kind].has(id) && !refusedIds.has(id);
    const refuseIf = (isRefused: boolean, kind: RecordRefusalKind, field: string) =>
      isRefused ? [refusal('households', placed, kind, field)] : [];
    return [
      ...refuseIf(pupilIds.some(isUnknown('pupils')), 'unknown_reference', 'pupil_ids'),
      ...refuseIf(guardianIds.some(isUnknown('guardians')), 'unknown_reference', 'guardian_ids'),
      ...refuseIf((names.get(nameKey(name)) ?? 0) > 1, 'household_name_taken', 'name'),
      ...refuseIf(
        pupilIds.some((id) => (homes.get(id) ?? 0) > 1),
        'pupil_of_other_household',
        'pupil_ids',
      ),
    ];
  });
}

function countBy<Item>(items: readonly Item[], keysOf: (item: Item) => readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of items.flatMap(keysOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** A reduction for siblings needs one: another pupil of the household who has not left, enrolled on a day on which the reduction holds. */
function checkSiblings(after: After, incoming: readonly Placed<Enrolment>[]): RecordRefusal[] {
  const householdOf = new Map<string, Household>();
  for (const household of after.households.values()) {
    for (const pupilId of household.pupilIds) householdOf.set(pupilId, household);
  }
  const enrolmentsOf = Map.groupBy(after.enrolments.values(), ({ pupilId }) => pupilId);
  return incoming.flatMap((placed) => {
    const { pupilId, validity, reductions } = placed.record;
    const siblings = (householdOf.get(pupilId)?.pupilIds ?? []).filter(
      (id) => id !== pupilId && after.pupils.get(id)?.closed === false,
    );
    const spans = siblings
      .flatMap((id) => enrolmentsOf.get(id) ?? [])
      .map((enrolment) => enrolment.validity)
      .filter((span) => overlaps(span, validity));
    const isAlone = (reductions ?? []).some(
      (reduction) => reduction.reason === 'siblings' && !spans.some((span) => overlaps(span, reduction.validity)),
    );
    return isAlone ? [refusal('enrolments', placed, 'no_sibling', 'reductions')] : [];
  });
}

/**
 * Every day of an enrolment has a price. The office would rather be told now, when a price without an end mends it, than find at the end of the
 * month meals that nobody can charge. What is stored as it is stays: only what changes is asked about.
 */
function checkPrices(stored: StoredRecords, after: After, incoming: IncomingRecords): RecordRefusal[] {
  const isCovered = (span: Validity, tariff: Tariff) =>
    firstDayOutside(
      span,
      tariff.prices.map(({ validity }) => validity),
    ) === null;
  const enrolments = incoming.enrolments.filter(({ record }) => {
    const before = stored.enrolments.get(record.id);
    const isKnown = before?.tariffId === record.tariffId && isSame(before.validity, record.validity);
    const tariff = after.tariffs.get(record.tariffId);
    return !isKnown && tariff !== undefined && !isCovered(record.validity, tariff);
  });
  const tariffs = incoming.tariffs.filter(({ record }) => {
    const before = stored.tariffs.get(record.id);
    const spans = stored.spansOnTariff.get(record.id) ?? [];
    return before !== undefined && spans.some((span) => isCovered(span, before) && !isCovered(span, record));
  });
  return [
    ...enrolments.map((placed) => refusal('enrolments', placed, 'days_without_price', 'tariff_id')),
    ...tariffs.map((placed) => refusal('tariffs', placed, 'days_without_price', 'prices')),
  ];
}

function checkEnrolments(after: After, incoming: readonly Placed<Enrolment>[]): RecordRefusal[] {
  const found: RecordRefusal[] = [];
  const touched = new Set(incoming.map(({ record }) => `${record.pupilId} ${record.service}`));
  const spans = new Map<string, Enrolment[]>();
  for (const enrolment of after.enrolments.values()) {
    const key = `${enrolment.pupilId} ${enrolment.service}`;
    if (touched.has(key)) spans.set(key, [...(spans.get(key) ?? []), enrolment]);
  }
  for (const placed of incoming) {
    const { record } = placed;
    const year = after.schoolYears.get(record.schoolYearId);
    if (year !== undefined && !isInside(record.validity, year.validity)) {
      found.push(refusal('enrolments', placed, 'outside_school_year', 'valid_until'));
    }
    const tariff = after.tariffs.get(record.tariffId);
    if (tariff !== undefined && tariff.service !== record.service) {
      found.push(refusal('enrolments', placed, 'tariff_of_other_service', 'tariff_id'));
    }
    const others = (spans.get(`${record.pupilId} ${record.service}`) ?? []).filter((other) => other.id !== record.id);
    if (others.some((other) => overlaps(other.validity, record.validity))) {
      found.push(refusal('enrolments', placed, 'overlapping_validity', 'valid_from'));
    }
  }
  return found;
}

function isInside(inner: Enrolment['validity'], outer: Enrolment['validity']): boolean {
  if (inner.from < outer.from) return false;
  return outer.until === null || (inner.until !== null && inner.until <= outer.until);
}

function checkBadges(after: After, incoming: readonly Placed<Badge>[]): RecordRefusal[] {
  const found: RecordRefusal[] = [];
  const replacements = replacementsIn(after);
  const holders = new Map<string, number>();
  for (const badge of after.badges.values()) {
    // A badge that is replaced in this very call is blocked by it.
    if (badge.blocked || replacements.has(badge.id)) continue;
    holders.set(badge.badgeNumber, (holders.get(badge.badgeNumber) ?? 0) + 1);
  }
  const replaced = new Set<string>();
  for (const placed of incoming) {
    const { record } = placed;
    const old = record.replacesBadgeId === null ? undefined : after.badges.get(record.replacesBadgeId);
    if (
      old !== undefined &&
      (old.pupilId !== record.pupilId || replaced.has(old.id) || replacements.get(old.id) !== record.id)
    ) {
      found.push(refusal('badges', placed, 'unknown_reference', 'replaces_badge_id'));
    }
    if (old !== undefined) replaced.add(old.id);
    if (!record.blocked && replacements.has(record.id)) {
      found.push(refusal('badges', placed, 'badge_replaced', 'blocked'));
    } else if (!record.blocked && (holders.get(record.badgeNumber) ?? 0) > 1) {
      found.push(refusal('badges', placed, 'badge_held', 'badge_number'));
    }
  }
  return found;
}

/** The badge that took each replaced badge's place; the first one told where two claim it. */
function replacementsIn(after: After): ReadonlyMap<string, string> {
  const replacements = new Map<string, string>();
  for (const badge of after.badges.values()) {
    if (badge.replacesBadgeId !== null && !replacements.has(badge.replacesBadgeId)) {
      replacements.set(badge.replacesBadgeId, badge.id);
    }
  }
  return replacements;
}

function changesOf(stored: StoredRecords, incoming: IncomingRecords, after: After): Changes {
  const replacements = replacementsIn(after);
  const badges = changedBadges(stored, incoming, after, replacements);
  const diets = incoming.diets.flatMap(({ record: { id } }) => {
    const now = after.diets.get(id)?.diets ?? [];
    return isSame(now, stored.diets.get(id)?.diets ?? []) ? [] : [{ id, diets: now }];
  });
  const households = changed(stored.households, incoming.households);
  const isee = changedIsee(stored, incoming, after);
  const dietIds = new Set(diets.map(({ id }) => id));
  const records = {
    schools: changed(stored.schools, incoming.schools),
    schoolYears: changed(stored.schoolYears, incoming.schoolYears),
    classes: changed(stored.classes, incoming.classes),
    services: changed(stored.services, incoming.services),
    tariffs: changed(
      stored.tariffs,
      incoming.tariffs.map((placed) => withKnownBands(stored, placed)),
    ),
    guardians: changed(stored.guardians, incoming.guardians),
    pupils: changed(
      stored.pupils,
      incoming.pupils.map((placed) => withWhatIsKnown(stored, placed)),
    ),
    enrolments: changed(
      stored.enrolments,
      incoming.enrolments.map((placed) => withKnownTerms(stored, placed)),
    ),
    diets,
    households,
    isee,
    badges,
  };
  const municipality = incoming.municipality === null ? null : withKnownSettings(stored, incoming.municipality);
  const isMunicipalityChanged = municipality !== null && !isSame(municipality, stored.municipality);
  // A pupil whose diet came with it is one record.
  const dietsOfPupils = records.pupils.filter(({ id }) => dietIds.has(id)).length;
  return {
    municipality: isMunicipalityChanged ? municipality : null,
    records,
    changedCount:
      (isMunicipalityChanged ? 1 : 0) +
      Object.values(records).reduce((sum, list) => sum + list.length, 0) -
      dietsOfPupils,
    badgeChanges: badges.flatMap((badge) => badgeChangesOf(stored.badges.get(badge.id), badge, replacements)),
    diets: dietChangesOf(stored, diets),
    dietsTold: new Map(
      incoming.diets.filter(({ record }) => dietIds.has(record.id)).map(({ record }) => [record.id, record.diets]),
    ),
    directory: {
      pupilIds: [
        ...new Set([
          ...records.pupils.map((pupil) => pupil.id),
          ...diets.filter((one) => !isSame(dietSpans(one.diets), spansBefore(stored, one.id))).map(({ id }) => id),
          ...records.enrolments.map((enrolment) => enrolment.pupilId),
          ...badges.map((badge) => badge.pupilId),
          ...households.flatMap((one) => differing(stored.households.get(one.id)?.pupilIds ?? [], one.pupilIds)),
          ...isee.flatMap(({ id }) => after.households.get(id)?.pupilIds ?? []),
        ]),
      ].sort(),
      classIds: records.classes.filter((one) => stored.classes.has(one.id)).map((one) => one.id),
      tariffIds: records.tariffs.filter((one) => stored.tariffs.has(one.id)).map((one) => one.id),
      surroundings: isMunicipalityChanged || records.schools.length > 0,
    },
  };
}

function spansBefore(stored: StoredRecords, pupilId: string): readonly DietSpan[] {
  return dietSpans(stored.diets.get(pupilId)?.diets ?? []);
}

function dietChangesOf(stored: StoredRecords, diets: readonly PupilDiets[]): DietChanges {
  const changes = diets.map(({ id, diets: after }) => dietChange(stored.diets.get(id)?.diets ?? [], after));
  const count = (wanted: DietChange): number => changes.filter((change) => change === wanted).length;
  return { addedCount: count('added'), changedCount: count('changed'), removedCount: count('removed') };
}

function changedIsee(stored: StoredRecords, incoming: IncomingRecords, after: After): readonly HouseholdIsee[] {
  return incoming.isee.flatMap(({ record: { id } }) => {
    const certifications = after.isee.get(id)?.certifications ?? [];
    return isSame(certifications, stored.isee.get(id)?.certifications ?? []) ? [] : [{ id, certifications }];
  });
}

/** What is in one of the lists and not in the other. */
function differing(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...one.filter((id) => !other.includes(id)), ...other.filter((id) => !one.includes(id))];
}

/** Bands that are not said stay those of the price that begins on the same day. */
function withKnownBands(stored: StoredRecords, placed: Placed<Tariff>): Placed<Tariff> {
  const known = stored.tariffs.get(placed.record.id)?.prices ?? [];
  const prices = placed.record.prices.map((price): TariffPrice => {
    const before = known.find(({ validity }) => validity.from === price.validity.from);
    return { ...price, bands: price.bands ?? before?.bands ?? [] };
  });
  return { ...placed, record: { ...placed.record, prices } };
}

function withKnownSettings(stored: StoredRecords, municipality: Municipality): Municipality {
  const { lightDietDaysMax } = municipality;
  return {
    ...municipality,
    lightDietDaysMax: lightDietDaysMax ?? stored.municipality?.lightDietDaysMax ?? LIGHT_DIET_DAYS_DEFAULT,
  };
}

function changed<Kind extends { readonly id: string }>(
  stored: ReadonlyMap<string, Kind>,
  incoming: readonly Placed<Kind>[],
): readonly Kind[] {
  return incoming.map(({ record }) => record).filter((record) => !isSame(record, stored.get(record.id)));
}

/** What is not said of a pupil stays as it is: no import can lose where somebody lives. Its diet has been taken out. */
function withWhatIsKnown(stored: StoredRecords, placed: Placed<Pupil>): Placed<Pupil> {
  const { record } = placed;
  const known = stored.pupils.get(record.id);
  return {
    ...placed,
    record: {
      ...record,
      dietCode: null,
      birth: record.birth ?? known?.birth ?? null,
      residence: record.residence ?? known?.residence ?? null,
    },
  };
}

/** What is not said of an enrolment's price and invoices stays as it is. */
function withKnownTerms(stored: StoredRecords, placed: Placed<Enrolment>): Placed<Enrolment> {
  const { record } = placed;
  const known = stored.enrolments.get(record.id);
  return {
    ...placed,
    record: {
      ...record,
      reductions: record.reductions ?? known?.reductions ?? [],
      invoiceEmail: record.invoiceEmail ?? known?.invoiceEmail ?? '',
      invoiceAddress: record.invoiceAddress ?? known?.invoiceAddress ?? 'none',
    },
  };
}

/** Incoming badges that differ, and stored ones that an incoming badge replaces. */
function changedBadges(
  stored: StoredRecords,
  incoming: IncomingRecords,
  after: After,
  replacements: ReadonlyMap<string, string>,
): readonly Badge[] {
  const results = new Map<string, Badge>();
  for (const { record } of incoming.badges) {
    results.set(record.id, record);
    const old = record.replacesBadgeId === null ? undefined : after.badges.get(record.replacesBadgeId);
    if (old !== undefined && replacements.get(old.id) === record.id) results.set(old.id, { ...old, blocked: true });
  }
  return [...results.values()].filter((badge) => !isSame(badge, stored.badges.get(badge.id)));
}

function badgeChangesOf(
  before: Badge | undefined,
  badge: Badge,
  replacements: ReadonlyMap<string, string>,
): readonly BadgeChange[] {
  const change = (kind: BadgeChange['kind'], replacedByBadgeId: string | null = null): BadgeChange => ({
    badgeId: badge.id,
    pupilId: badge.pupilId,
    kind,
    replacedByBadgeId,
  });
  const wasBlocked = before?.blocked ?? false;
  const replacement = replacements.get(badge.id) ?? null;
  return [
    ...(before === undefined ? [change('assigned')] : []),
    ...(before !== undefined && !isSame(before.validity, badge.validity) ? [change('validity_changed')] : []),
    ...(badge.blocked && !wasBlocked
      ? [replacement === null ? change('blocked') : change('replaced', replacement)]
      : []),
    ...(!badge.blocked && wasBlocked ? [change('unblocked')] : []),
  ];
}
