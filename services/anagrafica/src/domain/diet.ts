import { serviceDate, type Validity } from '@campanella/vocabulary';

/** The first day of a diet that is known without one: before any pupil of ours was at school. */
export const ALWAYS = serviceDate('2000-01-01');

/** A diet as kitchens and terminals know it: its code, and its days. */
export interface DietSpan {
  readonly dietCode: string;
  readonly validity: Validity;
}
