import { addDays, isWithin, type ServiceDate, type Validity } from '@campanella/vocabulary';
import { isSame } from './is-same.ts';

/** What holds for a span of days. */
export interface Dated {
  readonly validity: Validity;
}

/** Sorts spans by their first days. */
export function byFirstDay(one: Validity, other: Validity): number {
  return one.from < other.from ? -1 : one.from > other.from ? 1 : 0;
}

/** Says whether any two of the spans share a day; the spans come in the order of their first days. */
export function hasOverlap(spans: readonly Validity[]): boolean {
  return spans.some((span, index) => {
    const previous = spans[index - 1];
    return previous !== undefined && (previous.until === null || previous.until >= span.from);
  });
}

/** Says whether two spans share a day. */
export function overlaps(one: Validity, other: Validity): boolean {
  return hasOverlap([one, other].sort(byFirstDay));
}

/** The span in pieces: a new one begins wherever one of the others begins or has just ended. */
export function cutAt(span: Validity, others: readonly Validity[]): readonly Validity[] {
  const starts = [
    span.from,
    ...others.flatMap(({ from, until }) => (until === null ? [from] : [from, addDays(until, 1)])),
  ]
    .filter((day) => isWithin(day, span))
    .sort();
  return [...new Set(starts)].map((from, index, all) => {
    const next = all[index + 1];
    return { from, until: next === undefined ? span.until : addDays(next, -1) };
  });
}

/** The first day of the span that none of the others covers; null where they cover it whole. */
export function firstDayOutside(span: Validity, others: readonly Validity[]): ServiceDate | null {
  const bare = cutAt(span, others).find(({ from }) => !others.some((other) => isWithin(from, other)));
  return bare?.from ?? null;
}

/**
 * Lays what holds for spans of days over what held before: on each of its days the upper item holds, on all others the lower one still does.
 * The same laid over again changes nothing.
 *
 * @param lower without overlaps
 * @param upper without overlaps among themselves
 * @returns oldest first, without overlaps; neighbours of the same content are one
 */
export function layOver<Item extends Dated>(lower: readonly Item[], upper: readonly Item[]): readonly Item[] {
  const spans = upper.map(({ validity }) => validity);
  const left = lower.flatMap((item) =>
    cutAt(item.validity, spans)
      .filter(({ from }) => !spans.some((span) => isWithin(from, span)))
      .map((validity): Item => ({ ...item, validity })),
  );
  const sorted = [...left, ...upper].sort((one, other) => byFirstDay(one.validity, other.validity));
  const joined: Item[] = [];
  for (const item of sorted) {
    const before = joined.at(-1);
    if (before !== undefined && isContinuedBy(before, item)) {
      joined[joined.length - 1] = { ...item, validity: { from: before.validity.from, until: item.validity.until } };
    } else joined.push(item);
  }
  return joined;
}

function isContinuedBy(before: Dated, item: Dated): boolean {
  const { until } = before.validity;
  return (
    until !== null &&
    addDays(until, 1) === item.validity.from &&
    isSame({ ...before, validity: null }, { ...item, validity: null })
  );
}
