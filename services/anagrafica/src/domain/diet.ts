import { isWithin, type ServiceDate, serviceDate, type Validity } from '@campanella/vocabulary';
import type { Editor } from './record-edits.ts';
import { cutAt, layOver } from './spans.ts';

/** The first day of a diet that is known without one: before any pupil of ours was at school. */
export const ALWAYS = serviceDate('2000-01-01');

/**
 * Why a pupil has a diet: by a doctor's certificate, by the family's own declaration, a light meal for a few days after an illness, which wants
 * neither; or not told, as of diets known by their code alone.
 */
export const DIET_KINDS = ['health', 'ethical', 'light', 'unspecified'] as const;
export type DietKind = (typeof DIET_KINDS)[number];

/** A diet as kitchens and terminals know it: its code, and its days. */
export interface DietSpan {
  readonly dietCode: string;
  readonly validity: Validity;
}

/** A diet as the office records it; an empty code is the ordinary menu. */
export interface Diet extends DietSpan {
  readonly kind: DietKind;
  /** Of the certificate, or of the declaration: how the office finds it again. Empty for none. */
  readonly reference: string;
}

/** The diets of a pupil, whose id is theirs; as they come in: what is laid over those that are stored. */
export interface PupilDiets {
  readonly id: string;
  /** Oldest first, without overlaps. */
  readonly diets: readonly Diet[];
}

/** What somebody once recorded of a pupil's diets. Never edited: the next one is laid over it. */
export interface DietVersion {
  /** Null where it was recorded before versions were kept. */
  readonly recordedAt: Date | null;
  readonly recordedBy: Editor | null;
  readonly diets: readonly Diet[];
}

/** What has become of a pupil's diets: removed where any day lost one, however many others gained one. */
export type DietChange = 'added' | 'changed' | 'removed';

/** The diets that result from all versions, each laid over those before it. */
export function dietsOf(versions: readonly DietVersion[]): readonly Diet[] {
  return versions.reduce<readonly Diet[]>((below, { diets }) => withDiets(below, diets), []);
}

/** The diets with others laid over them, where an empty code takes away. */
export function withDiets(below: readonly Diet[], told: readonly Diet[]): readonly Diet[] {
  return layOver(below, told).filter(({ dietCode }) => dietCode !== '');
}

/** The code of the diet on a day; empty for the ordinary menu. */
export function dietCodeOn(diets: readonly DietSpan[], day: ServiceDate): string {
  return diets.find(({ validity }) => isWithin(day, validity))?.dietCode ?? '';
}

/** A diet that is known by its code alone, from a day on. */
export function dietByCode(dietCode: string, from: ServiceDate): Diet {
  return { dietCode, kind: 'unspecified', reference: '', validity: { from, until: null } };
}

/** Codes and days, all that leaves for kitchens and terminals; neighbours that differ in nothing else are one. */
export function dietSpans(diets: readonly Diet[]): readonly DietSpan[] {
  return layOver(
    [],
    diets.map(({ dietCode, validity }) => ({ dietCode, validity })),
  );
}

/** What the change comes to, day by day; null where every day has the code it had. */
export function dietChange(before: readonly DietSpan[], after: readonly DietSpan[]): DietChange | null {
  const spans = [...before, ...after].map(({ validity }) => validity);
  const days = [...new Set(spans.flatMap((span) => cutAt(span, spans).map(({ from }) => from)))];
  const differing = days
    .map((day) => [dietCodeOn(before, day), dietCodeOn(after, day)] as const)
    .filter(([one, other]) => one !== other);
  if (differing.length === 0) return null;
  if (differing.some(([, other]) => other === '')) return 'removed';
  return differing.some(([one]) => one === '') ? 'added' : 'changed';
}
