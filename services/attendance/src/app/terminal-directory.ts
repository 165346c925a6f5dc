import type { MunicipalityId, SchoolId, TerminalId } from '@campanella/vocabulary';
import type { DirectoryMemory, SchoolDelta } from './directory-memory.ts';
import type { TerminalStore } from './terminals.ts';

/** A connected terminal, as those who have news for it see it. */
export interface ConnectedTerminal {
  readonly terminalId: TerminalId;
  readonly municipalityId: MunicipalityId;
  readonly schoolId: SchoolId;
  /** The directory version that the terminal was told last; null before its Hello. */
  directoryVersion: number | null;
  tell(delta: SchoolDelta): void;
  /** Ends the stream because the terminal was disabled. */
  shutOut(): void;
  /** Asks the terminal to open a stream to another replica. */
  sendElsewhere(): void;
}

/** The terminals connected to this process. */
export interface TerminalRoom {
  enter(terminal: ConnectedTerminal): void;
  leave(terminal: ConnectedTerminal): void;
  /** Brings one terminal to the newest directory; a snapshot where it holds none. */
  bringUpToDate(terminal: ConnectedTerminal): void;
  /** Tells the municipality's terminals what changed. */
  announce(municipalityId: MunicipalityId): void;
  /** Shuts out terminals that were disabled since they connected. */
  checkDisabled(store: TerminalStore): Promise<void>;
  /** From now on every terminal is asked to go elsewhere. */
  drain(): void;
  readonly isDraining: boolean;
  readonly size: number;
}

/** Opens an empty room. */
export function terminalRoom(memory: DirectoryMemory): TerminalRoom {
  const terminals = new Set<ConnectedTerminal>();
  let isDraining = false;

  function tell(terminal: ConnectedTerminal, delta: SchoolDelta): void {
    const isNews = delta.isSnapshot || delta.pupils.length > 0 || delta.removedPupilIds.length > 0;
    terminal.directoryVersion = delta.version;
    if (isNews) terminal.tell(delta);
  }

  return {
    get isDraining() {
      return isDraining;
    },
    get size() {
      return terminals.size;
    },
    enter(terminal) {
      terminals.add(terminal);
    },
    leave(terminal) {
      terminals.delete(terminal);
    },
    bringUpToDate(terminal) {
      const delta = memory.schoolDelta(terminal.municipalityId, terminal.schoolId, terminal.directoryVersion ?? 0);
      // A directory at version 0 has not been read yet: the terminal keeps what it has until there is one.
      if (delta !== null && delta.version > 0) tell(terminal, delta);
    },
    announce(municipalityId) {
      const deltas = new Map<string, SchoolDelta | null>();
      for (const terminal of terminals) {
        const { directoryVersion, schoolId } = terminal;
        if (terminal.municipalityId !== municipalityId || directoryVersion === null) continue;
        const key = `${schoolId}/${directoryVersion}`;
        if (!deltas.has(key)) deltas.set(key, memory.schoolDelta(municipalityId, schoolId, directoryVersion));
        const delta = deltas.get(key) ?? null;
        if (delta !== null && delta.version > 0 && delta.version !== directoryVersion) tell(terminal, delta);
      }
    },
    async checkDisabled(store) {
      if (terminals.size === 0) return;
      const disabled = new Set(await store.listDisabled([...terminals].map((terminal) => terminal.terminalId)));
      for (const terminal of terminals) if (disabled.has(terminal.terminalId)) terminal.shutOut();
    },
    drain() {
      isDraining = true;
      for (const terminal of terminals) terminal.sendElsewhere();
    },
  };
}
