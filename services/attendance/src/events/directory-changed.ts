import { consumer, type EventConsumer } from '@campanella/messaging';
import { DirectoryChanged } from '@campanella/proto/events/v1/events';
import { type MunicipalityId, parseNumberId } from '@campanella/vocabulary';

/** Told that a municipality's directory has moved. */
export interface DirectoryWatcher {
  /** Reads the directory soon, outside any transaction; a read that fails is made up for by the next look. */
  readSoon(municipalityId: MunicipalityId): void;
}

/** Takes "municipality 1 is at version 42": the event carries no data, it only wakes the reader. */
export const onDirectoryChanged: EventConsumer<DirectoryWatcher> = consumer(
  'anagrafica.directory_changed.v1',
  (body) => DirectoryChanged.decode(body),
  async (_tx, event, watcher: DirectoryWatcher) => {
    const municipalityId = parseNumberId<MunicipalityId>(event.municipalityId);
    if (municipalityId === null) throw new RangeError('the event names no municipality');
    watcher.readSoon(municipalityId);
  },
);
