import { gauge, type Logger } from '@campanella/service-kit';
import type { LoadStore } from './app/load-positions.ts';
import type { Clock } from './app/ports.ts';

/** From then on a payment in stand-in may be of an amount that is no longer right: somebody must look. */
const AGED_MS = 15 * 60_000;
const COMPLAIN_EVERY_MS = 5 * 60_000;

const waiting = gauge('campanella_billing_position_loads', 'Changes of positions that pagoPA has not been told');
const oldest = gauge('campanella_billing_position_loads_oldest_seconds', 'Age of the oldest of them');
let complainedAt = 0;

/** Measures what pagoPA has not been told, and complains where it is old. */
export async function watchLoads(loads: Pick<LoadStore, 'backlog'>, clock: Clock, logger: Logger): Promise<void> {
  const { count, oldestAt } = await loads.backlog();
  const now = clock.now().getTime();
  const ageMs = oldestAt === null ? 0 : Math.max(0, now - oldestAt.getTime());
  waiting.set(count);
  oldest.set(ageMs / 1_000);
  if (ageMs < AGED_MS || now - complainedAt < COMPLAIN_EVERY_MS) return;
  complainedAt = now;
  logger.error({ count, ageMs }, 'pagoPA has not been told of changed positions for long');
}
