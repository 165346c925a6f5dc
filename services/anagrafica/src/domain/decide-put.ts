import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { isSame } from './is-same.ts';
import { hasOverlap } from './parse-records.ts';
import type {
  Badge,
  BadgeChange,
  Changes,
  DietChanges,
  Enrolment,
  IncomingRecords,
  Placed,
  Pupil,
  RecordKind,
  RecordKinds,
  RecordRefusal,
  RecordRefusalKind,
  StoredRecords,
} from './records.ts';

export interface RecordsRefused {
  readonly kind: 'records_refused';
  readonly refusals: readonly RecordRefusal[];
}

/** Everything as it would be after the Put: what came in over what is stored. */
type After = { readonly [Kind in RecordKind]: ReadonlyMap<string, RecordKinds[Kind]> };

/** The ids (and `municipality`) that came in but were refused for their shape: whoever refers to them is not at fault. */
export type RefusedIds = ReadonlySet<string>;

/**
 * Decides a Put of well-formed records against what is stored.
 *
 * @param stored everything that the incoming records touch or refer to, and every record that could be in their way: the
 *   holders of the same codici fiscali and badge numbers, the other enrolments of the same pupils
 * @param refusedIds ids of incoming records that were refused already
 * @returns only what is new or different, so that the same Put again comes to nothing; or every refusal
 */
export function decidePut(
  stored: StoredRecords,
  incoming: IncomingRecords,
  refusedIds: RefusedIds = new Set(),
): Decision<Changes, RecordsRefused> {
  const after: After = {
    schools: overlay(stored.schools, incoming.schools),
    schoolYears: overlay(stored.schoolYears, incoming.schoolYears),
    classes: overlay(stored.classes, incoming.classes),
    services: overlay(stored.services, incoming.services),
    tariffs: overlay(stored.tariffs, incoming.tariffs),
    guardians: overlay(stored.guardians, incoming.guardians),
    pupils: overlay(stored.pupils, incoming.pupils),
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
    ...checkEnrolments(after, incoming.enrolments),
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
    if (others.some((other) => hasOverlap([other.validity, record.validity].sort(byFirstDay)))) {
      found.push(refusal('enrolments', placed, 'overlapping_validity', 'valid_from'));
    }
  }
  return found;
}

function byFirstDay(one: Enrolment['validity'], other: Enrolment['validity']): number {
  return one.from < other.from ? -1 : one.from > other.from ? 1 : 0;
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
  const records = {
    schools: changed(stored.schools, incoming.schools),
    schoolYears: changed(stored.schoolYears, incoming.schoolYears),
    classes: changed(stored.classes, incoming.classes),
    services: changed(stored.services, incoming.services),
    tariffs: changed(stored.tariffs, incoming.tariffs),
    guardians: changed(stored.guardians, incoming.guardians),
    pupils: changed(
      stored.pupils,
      incoming.pupils.map((placed) => withWhatIsKnown(stored, placed)),
    ),
    enrolments: changed(
      stored.enrolments,
      incoming.enrolments.map((placed) => withKnownTerms(stored, placed)),
    ),
    badges,
  };
  const isMunicipalityChanged = incoming.municipality !== null && !isSame(incoming.municipality, stored.municipality);
  return {
    municipality: isMunicipalityChanged ? incoming.municipality : null,
    records,
    changedCount: (isMunicipalityChanged ? 1 : 0) + Object.values(records).reduce((sum, list) => sum + list.length, 0),
    badgeChanges: badges.flatMap((badge) => badgeChangesOf(stored.badges.get(badge.id), badge, replacements)),
    diets: dietChangesOf(stored, records.pupils),
    directory: {
      pupilIds: [
        ...new Set([
          ...records.pupils.map((pupil) => pupil.id),
          ...records.enrolments.map((enrolment) => enrolment.pupilId),
          ...badges.map((badge) => badge.pupilId),
        ]),
      ].sort(),
      classIds: records.classes.filter((one) => stored.classes.has(one.id)).map((one) => one.id),
      tariffIds: records.tariffs.filter((one) => stored.tariffs.has(one.id)).map((one) => one.id),
      surroundings: isMunicipalityChanged || records.schools.length > 0,
    },
  };
}

function dietChangesOf(stored: StoredRecords, pupils: readonly Pupil[]): DietChanges {
  const count = (isSuch: (before: string, after: string) => boolean): number =>
    pupils.filter((pupil) => isSuch(stored.pupils.get(pupil.id)?.dietCode ?? '', pupil.dietCode ?? '')).length;
  return {
    addedCount: count((before, after) => before === '' && after !== ''),
    changedCount: count((before, after) => before !== '' && after !== '' && before !== after),
    removedCount: count((before, after) => before !== '' && after === ''),
  };
}

function changed<Kind extends { readonly id: string }>(
  stored: ReadonlyMap<string, Kind>,
  incoming: readonly Placed<Kind>[],
): readonly Kind[] {
  return incoming.map(({ record }) => record).filter((record) => !isSame(record, stored.get(record.id)));
}

/** What is not said of a pupil stays as it is: no import can lose a diet, or where somebody lives. */
function withWhatIsKnown(stored: StoredRecords, placed: Placed<Pupil>): Placed<Pupil> {
  const { record } = placed;
  const known = stored.pupils.get(record.id);
  return {
    ...placed,
    record: {
      ...record,
      dietCode: record.dietCode ?? known?.dietCode ?? '',
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
