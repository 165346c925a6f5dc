import { openFieldCipher } from '@campanella/field-encryption';
import type { DirectoryUpdate } from '@campanella/proto/attendance/v1/terminal';
import { parseBadgeNumber, SCHOOL_MEALS } from '@campanella/vocabulary';
import { type Clock, PlatformClock, systemClock } from '../src/app/clock.ts';
import type { Journal } from '../src/app/journal.ts';
import { Terminal } from '../src/app/terminal.ts';
import { AttendanceLine } from '../src/grpc/attendance-line.ts';
import { CONVERSATION_TIMES, type ConversationTimes } from '../src/grpc/conversation.ts';
import { openDirectoryStore } from '../src/store/directory-store.ts';
import { openJournal } from '../src/store/journal.ts';

export const TERMINAL_KEY = 'a key of twenty chars';
const FIELD_KEY = Buffer.alloc(32, 7).toString('base64');

export interface TerminalUnderTest {
  readonly terminal: Terminal;
  readonly line: AttendanceLine;
  readonly journal: Journal;
  readonly clock: PlatformClock;
  swipe(badge: string): void;
  close(): Promise<void>;
}

export interface TerminalOptions {
  readonly clock?: Clock;
  readonly times?: Partial<ConversationTimes>;
  readonly terminalKey?: string;
}

/** The terminal without its serial port: journal, directory and line are the real ones. */
export async function openTerminal(
  folder: string,
  addresses: readonly string[],
  options: TerminalOptions = {},
): Promise<TerminalUnderTest> {
  const pcClock = options.clock ?? systemClock;
  const journal = openJournal(folder);
  const directory = openDirectoryStore(folder, openFieldCipher(FIELD_KEY), () => undefined);
  const clock = new PlatformClock(pcClock, journal.clockOffsetMs(), (offsetMs) => journal.keepClockOffset(offsetMs));
  const terminal = new Terminal({ journal, directory, clock, service: SCHOOL_MEALS, warn: () => undefined });
  const line = new AttendanceLine({
    addresses,
    identity: {
      terminalId: '0198f3a0-0000-7000-8000-0000000000aa',
      terminalKey: options.terminalKey ?? TERMINAL_KEY,
      municipalityId: 1,
      schoolId: '0198f3a0-0000-7000-8000-0000000000bb',
      agentVersion: 'test',
    },
    clock: pcClock,
    times: { ...CONVERSATION_TIMES, ...options.times },
    unsentAfter: (seq, limit) => journal.unsentAfter(seq, limit),
    unsentCount: () => journal.unsentCount,
    directoryVersion: () => directory.version,
    readerSummary: () => terminal.readerSummary(),
    welcomed: (terminalName, schoolName) => terminal.setPlace(terminalName, schoolName),
    takeResults: (results) => terminal.takeResults(results),
    takeDirectory: (change) => terminal.takeDirectory(change),
    observeOffset: (offsetMs) => clock.observe(offsetMs),
    setLine: (state) => terminal.setLine(state),
    warn: () => undefined,
    info: () => undefined,
  });
  terminal.on('swiped', () => line.notify());
  await line.start();
  return {
    terminal,
    line,
    journal,
    clock,
    swipe(badge) {
      const number = parseBadgeNumber(badge);
      if (number === null) throw new RangeError('no badge number');
      terminal.take({ number, coding: 'em40' });
    },
    async close() {
      await line.stop();
      journal.close();
      directory.close();
    },
  };
}

/** A directory of one class; the first pupil has a diet. */
export function schoolOf(count: number, version = 1): DirectoryUpdate {
  return {
    version,
    snapshot: true,
    lastPage: true,
    removedPupilIds: [],
    pupils: Array.from({ length: count }, (_pupil, at) => ({
      pupilId: `0198f3a0-0000-7000-8000-${String(at).padStart(12, '0')}`,
      displayName: `Alunna Inventata ${at}`,
      className: '3A',
      dietCode: '',
      diets: at === 0 ? [{ dietCode: 'GF', validFrom: '', validUntil: '' }] : [],
      badges: [{ badgeNumber: badgeOf(at), blocked: false, validFrom: '', validUntil: '' }],
      enrolments: [{ service: 'school_meals', validFrom: '', validUntil: '' }],
    })),
  };
}

export function badgeOf(at: number): string {
  return at.toString(16).padStart(10, '0').toUpperCase();
}
