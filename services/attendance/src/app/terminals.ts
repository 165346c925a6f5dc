import { createHash, timingSafeEqual } from 'node:crypto';
import type { MunicipalityId, TerminalId } from '@campanella/vocabulary';
import type { Terminal } from '../domain/swipe.ts';

/** A terminal as stored: the key only as its hash. */
export interface TerminalRecord {
  readonly terminal: Terminal;
  readonly keyHash: Uint8Array;
  readonly isDisabled: boolean;
}

/** Where terminals are kept. */
export interface TerminalStore {
  findTerminal(terminalId: TerminalId): Promise<TerminalRecord | null>;
  /** Stores or replaces; false where the id belongs to another municipality. */
  putTerminal(record: Omit<TerminalRecord, 'isDisabled'>): Promise<boolean>;
  /** False for an unknown terminal. */
  disableTerminal(municipalityId: MunicipalityId, terminalId: TerminalId): Promise<boolean>;
  /** Which of these terminals are disabled. */
  listDisabled(terminalIds: readonly TerminalId[]): Promise<readonly TerminalId[]>;
}

/** The hash under which a terminal's key is kept: the key has 256 random bits, so no slow hash is needed. */
export function hashTerminalKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Finds the terminal that an id and a key prove; null for an unknown or disabled terminal and for a wrong key. */
export async function proveTerminal(
  store: TerminalStore,
  terminalId: TerminalId,
  key: string,
): Promise<Terminal | null> {
  const record = await store.findTerminal(terminalId);
  if (record === null || record.isDisabled) return null;
  return timingSafeEqual(hashTerminalKey(key), record.keyHash) ? record.terminal : null;
}
