import { readFileSync } from 'node:fs';

/** A pupil of a demonstration guardian. */
export interface DemoPupil {
  readonly pupilId: string;
  readonly displayName: string;
  readonly schoolId: string;
  readonly badgeNumber: string;
  /** Null for an invoiced pupil. */
  readonly balanceCents: number | null;
}

/** Somebody who can sign in. */
export interface DemoGuardian {
  readonly username: string;
  readonly displayName: string;
  readonly pupils: readonly DemoPupil[];
}

/** A badge for trying, and the school whose terminal knows it. */
export interface DemoBadge {
  readonly badgeNumber: string;
  readonly schoolId: string | null;
}

/** A canteen's terminal as the launcher runs it. */
export interface Terminal {
  readonly schoolId: string;
  readonly screenUrl: string;
  /** The control of its virtual badge reader: a port or the path of a socket. */
  readonly readerControl: string;
}

/** A card as two files in PEM. */
export interface CardFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The running platform, as far as the journeys need it. */
export interface Run {
  readonly gatewayUrl: string;
  readonly demo: {
    readonly guardians: readonly DemoGuardian[];
    readonly badges: Readonly<Record<'good' | 'blocked' | 'expired' | 'unknown', DemoBadge>>;
  };
  readonly company: { readonly partitaIva: string; readonly name: string; readonly password: string };
  /** Where the gateway asks for a card. */
  readonly cardUrl: string;
  readonly cards: {
    readonly citizens: Readonly<Record<string, CardFiles>>;
    readonly refused: Readonly<Record<string, CardFiles>>;
  };
  /** The stand-in of pagoPA: the desk where notices are paid, and what scripts it. */
  readonly pagopa: { readonly deskUrl: string; readonly control: string };
  readonly terminals: readonly Terminal[];
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
}

/**
 * Reads the launcher's run.json.
 *
 * @throws Error that says how to start the platform where there is none, or what is missing in the file
 */
export function readRun(file: string): Run {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`no running platform is described in ${file}: start one with npm start -- --detach`, { cause });
  }
  const run: Run = JSON.parse(text);
  for (const key of ['gatewayUrl', 'demo', 'company', 'cards', 'cardUrl', 'pagopa', 'terminals', 'parts'] as const) {
    if (run[key] === undefined) throw new Error(`${file} has no "${key}"`);
  }
  return run;
}

/** Process ids of a part's replicas. @throws Error when it does not run */
export function pidsOf(run: Run, part: string): readonly number[] {
  const pids = run.parts.filter(({ name }) => name === part || name.startsWith(`${part}-`)).map(({ pid }) => pid);
  if (pids.length === 0) throw new Error(`no ${part} among the running parts`);
  return pids;
}

/** The first terminal with at least so many prepaid pupils of demonstration guardians in its school, and these pupils. */
export function busiestTerminal(run: Run): {
  terminal: Terminal;
  pupils: readonly (DemoPupil & { username: string })[];
} {
  const everybody = run.demo.guardians.flatMap(({ username, pupils }) =>
    pupils.map((pupil) => ({ ...pupil, username })),
  );
  const choices = run.terminals.map((terminal) => ({
    terminal,
    pupils: everybody.filter(({ schoolId, balanceCents }) => schoolId === terminal.schoolId && balanceCents !== null),
  }));
  const [best] = choices.toSorted((one, other) => other.pupils.length - one.pupils.length);
  if (best === undefined) throw new Error('the platform runs no terminal');
  return best;
}
