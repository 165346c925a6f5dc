import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process that the launcher started. Its start time tells it from another that got the same number later. */
export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: string;
}

export interface ServiceAddresses {
  readonly grpc?: string;
  readonly http?: string;
  readonly ops?: string;
}

export interface DemoTerminal {
  readonly schoolId: string;
  readonly schoolName: string;
  readonly screenUrl: string;
  readonly readerControl: string;
  readonly serialDevice: string;
}

/** A card as two files in PEM. */
export interface CardFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The invented cards, and the files of the listener that asks for them; made by sandbox/smart-cards. */
export interface DemoCards {
  readonly authorityFile: string;
  readonly revokedFile: string;
  readonly server: CardFiles;
  /** By the citizen's user name. */
  readonly citizens: Readonly<Record<string, CardFiles>>;
  /** By what is wrong with the card. */
  readonly refused: Readonly<Record<string, CardFiles>>;
}

/** The invented company that signs in by password. */
export interface DemoCompany {
  readonly partitaIva: string;
  readonly name: string;
  readonly password: string;
}

/** What `.campanella/run.json` says of the running platform, for people's scripts and for the end-to-end tests. */
export interface RunRecord {
  readonly gatewayUrl: string;
  readonly canteenScreenUrl: string;
  readonly services: Readonly<Record<string, readonly ServiceAddresses[]>>;
  readonly stores: {
    readonly postgresUrl: string;
    readonly databaseUrls: Readonly<Record<string, string>>;
    readonly redisUrl: string;
    readonly amqpUrl: string;
  };
  /** What the demo town says of itself. */
  readonly demo: DemoSummary;
  readonly guardians: DemoSummary['guardians'];
  readonly badges: DemoSummary['badges'];
  readonly company: DemoCompany;
  readonly cards: DemoCards;
  /** Where the gateway asks for a card. */
  readonly cardUrl: string;
  /** The stand-in of pagoPA: a desk where notices are paid, and what scripts it. */
  readonly pagopa: { readonly deskUrl: string; readonly control: string };
  readonly terminals: readonly DemoTerminal[];
  readonly serialDevices: readonly string[];
  readonly parts: readonly StartedProcess[];
  readonly supervisor: StartedProcess;
}

export interface DemoSummary {
  readonly guardians: readonly {
    readonly username: string;
    readonly displayName: string;
    readonly pupils: readonly {
      readonly displayName: string;
      readonly badgeNumber: string;
      readonly schoolId: string;
    }[];
  }[];
  readonly badges: Readonly<Record<string, { readonly badgeNumber: string; readonly schoolId: string | null }>>;
  readonly terminals: readonly {
    readonly terminalId: string;
    readonly key: string;
    readonly schoolId: string;
    readonly schoolName: string;
  }[];
}

const fileIn = (folder: string) => join(folder, 'run.json');
const launcherIn = (folder: string) => join(folder, 'launcher.json');
const processesIn = (folder: string) => join(folder, 'processes.json');

/** The record of a platform that is ready; null where none is. */
export function readRunRecord(folder: string): RunRecord | null {
  return existsSync(fileIn(folder)) ? JSON.parse(readFileSync(fileIn(folder), 'utf8')) : null;
}

export function writeRunRecord(folder: string, record: RunRecord): void {
  writeWhole(fileIn(folder), record);
}

/** The launcher that holds a folder, from its first moment to its last; null where none does. */
export function launcherOf(folder: string): StartedProcess | null {
  if (!existsSync(launcherIn(folder))) return null;
  const launcher: StartedProcess = JSON.parse(readFileSync(launcherIn(folder), 'utf8'));
  return isRunning(launcher) ? launcher : null;
}

/** Takes a folder for this process; false where another launcher holds it. One that was killed holds it no longer. */
export function claimFolder(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  if (launcherOf(folder) !== null) return false;
  rmSync(launcherIn(folder), { force: true });
  // Written aside and linked: of two that come at once one fails, and nobody reads half a file.
  const mine = `${launcherIn(folder)}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(noteProcess('launcher', process.pid)), { mode: 0o600 });
  try {
    linkSync(mine, launcherIn(folder));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Gives a folder back. */
export function releaseFolder(folder: string): void {
  rmSync(launcherIn(folder), { force: true });
}

/** The processes started so far, written as they start: a launcher that was killed leaves its list. */
export function readProcesses(folder: string): StartedProcess[] {
  return existsSync(processesIn(folder)) ? JSON.parse(readFileSync(processesIn(folder), 'utf8')) : [];
}

export function writeProcesses(folder: string, processes: readonly StartedProcess[]): void {
  writeWhole(processesIn(folder), processes);
}

export function removeRecords(folder: string): void {
  rmSync(fileIn(folder), { force: true });
  rmSync(processesIn(folder), { force: true });
}

function writeWhole(file: string, value: unknown): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

/** When a process started, as the system tells it; null where it does not run. */
export function startTimeOf(pid: number): string | null {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie has ended; its parent has not looked yet.
      return fields[0] === 'Z' ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** Notes a process that runs now. */
export function noteProcess(name: string, pid: number): StartedProcess {
  return { name, pid, startedAt: startTimeOf(pid) ?? 'unknown' };
}

/** Says whether it is still that process which runs under the number. */
export function isRunning({ pid, startedAt }: StartedProcess): boolean {
  return startTimeOf(pid) === startedAt;
}
