import { appendEvent } from '@campanella/messaging';
import type { Transaction } from '@campanella/postgres';
import { DirectoryChanged } from '@campanella/proto/events/v1/events';
import type { MunicipalityId } from '@campanella/vocabulary';

/** The directory of a municipality has reached a version: its readers ask for what came after the one they hold. */
export const DIRECTORY_CHANGED = 'anagrafica.directory_changed.v1';

/** Announces a directory version once the transaction is committed; one event for all its changes, without any data. */
export async function announceDirectory(
  tx: Transaction,
  municipalityId: MunicipalityId,
  version: number,
): Promise<void> {
  const body = DirectoryChanged.encode({ municipalityId, version }).finish();
  await appendEvent(tx, { routingKey: DIRECTORY_CHANGED, municipalityId, body });
}
