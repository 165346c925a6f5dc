import type { PresenceDay } from '../api/client.ts';
import { formatTime } from '../domain/days.ts';
import { formatEuros } from '../domain/money.ts';
import { TEXTS } from '../texts.ts';

const { canteen: texts } = TEXTS;

/** Whether the pupil was there, in words. */
export function presenceText({ presence, swipedAt }: PresenceDay): string {
  return swipedAt === null
    ? texts.presences[presence]
    : `${texts.presences[presence]} ${texts.at(formatTime(swipedAt))}`;
}

/** Whether the pupil was there, as a coloured word. */
export function PresenceMark({ day }: { day: PresenceDay }) {
  return <span className={`presence ${day.presence}`}>{presenceText(day)}</span>;
}

/** What the day cost, and who keeps the bill. */
export function chargeText({ charge, amountCents, correction }: PresenceDay): string {
  if (correction !== null) return texts.charges.corrected(formatEuros(amountCents), correction.reason);
  if (charge === 'debited') return texts.charges.debited(formatEuros(amountCents));
  if (charge === 'invoiced') return texts.charges.invoiced(formatEuros(amountCents));
  return texts.charges[charge];
}

/** Whether the day is on a bill or an account. */
export function accountedText({ charge, correction }: PresenceDay): string {
  return charge === 'not_charged' || correction !== null ? texts.accounted.no : texts.accounted.yes;
}
