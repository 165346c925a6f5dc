import type { MunicipalityId } from '@campanella/vocabulary';
import type { DirectoryKeeper } from './keep-directory.ts';
import type { TerminalRoom } from './terminal-directory.ts';
import type { TerminalStore } from './terminals.ts';

/** Keeps looking: at anagrafica when told and from time to time, at PostgreSQL for what another replica stored. */
export interface DirectoryWatch {
  readonly name: string;
  /** Loads the directory from PostgreSQL; reading anagrafica goes on behind, it may be away. */
  start(): Promise<void>;
  stop(): Promise<void>;
  readSoon(municipalityId: MunicipalityId): void;
}

/** Opens the watch; one read of a municipality runs at a time, and wishes that come meanwhile become one more. */
export function directoryWatch(deps: {
  readonly keeper: DirectoryKeeper;
  readonly room: TerminalRoom;
  readonly terminals: TerminalStore;
  readonly pullEveryMs: number;
  readonly refreshEveryMs: number;
  readonly onFault: (fault: unknown, what: string) => void;
}): DirectoryWatch {
  const wanted = new Set<MunicipalityId>();
  const timers: NodeJS.Timeout[] = [];
  let reading: Promise<void> | null = null;
  let refreshing: Promise<void> | null = null;
  let isStopped = false;

  async function readWanted(): Promise<void> {
    for (const municipalityId of wanted) {
      wanted.delete(municipalityId);
      try {
        await deps.keeper.pull(municipalityId);
      } catch (fault) {
        deps.onFault(fault, 'directory not read');
      }
    }
  }

  function wake(): void {
    if (isStopped || reading !== null) return;
    reading = readWanted().finally(() => {
      reading = null;
      if (wanted.size > 0) wake();
    });
  }

  async function refreshOnce(): Promise<void> {
    try {
      await deps.keeper.refresh();
      await deps.room.checkDisabled(deps.terminals);
    } catch (fault) {
      deps.onFault(fault, 'directory not refreshed');
    }
  }

  function refresh(): void {
    if (isStopped || refreshing !== null) return;
    refreshing = refreshOnce().finally(() => {
      refreshing = null;
    });
  }

  function readAll(): void {
    if (isStopped || reading !== null) return;
    reading = deps.keeper
      .pullAll()
      .catch((fault: unknown) => deps.onFault(fault, 'directories not read'))
      .finally(() => {
        reading = null;
        if (wanted.size > 0) wake();
      });
  }

  return {
    name: 'directory-watch',
    async start() {
      await deps.keeper.refresh();
      readAll();
      timers.push(setInterval(readAll, deps.pullEveryMs), setInterval(refresh, deps.refreshEveryMs));
    },
    async stop() {
      isStopped = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.all([reading, refreshing]);
    },
    readSoon(municipalityId) {
      wanted.add(municipalityId);
      wake();
    },
  };
}
