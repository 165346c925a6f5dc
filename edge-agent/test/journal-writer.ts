import { writeSync } from 'node:fs';
import { id, parseBadgeNumber, SCHOOL_MEALS, type SwipeId, serviceDateAt } from '@campanella/vocabulary';
import { v7 as uuidV7 } from 'uuid';
import { openJournal } from '../src/store/journal.ts';

/** Writes swipes until it is killed, and says each one's id only when the journal has said that it is durable. */
const journal = openJournal(process.argv[2] ?? '');
const badgeNumber = parseBadgeNumber('0100CDA4EC');
if (badgeNumber === null) throw new RangeError('no badge number');
for (;;) {
  const swipeId = id<SwipeId>(uuidV7());
  const now = new Date();
  const appended = journal.append({
    swipeId,
    badgeNumber,
    pupilId: null,
    occurredAtMs: now.getTime(),
    serviceDate: serviceDateAt(now),
    service: SCHOOL_MEALS,
  });
  if (appended.ok) writeSync(1, `${swipeId}\n`);
}
