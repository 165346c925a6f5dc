import { randomUUID } from 'node:crypto';
import { eventually } from '@campanella/testkit';
import { id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import { build, type Histogram } from 'hdr-histogram-js';
import { Agent, request } from 'undici';
import { identifierOf, type Question, questionOf } from '../src/asking.ts';
import { isIdentifier, isMadeByCaller, type Operation, readOperations } from '../src/operations.ts';
import type { Family, ReadPlatform, ServiceName } from './platform.ts';

/** Every operation that a parent may ask. */
export const PARENTS: readonly Operation[] = readOperations().filter(({ isForStaff }) => !isForStaff);
/** Every operation that only office or kitchen may ask. */
export const STAFFS: readonly Operation[] = readOperations().filter(({ isForStaff }) => isForStaff);
/** Every read of the parents' API, downloads included. */
export const READS: readonly Operation[] = PARENTS.filter(({ method }) => method === 'GET');

/** Whether it answers with a PDF that is drawn for it. */
export function isDrawn({ path }: Operation): boolean {
  return /\/(notice|receipt|file)$/.test(path);
}

/** Names under which an operation asks for what is somebody's already. */
export function guessesOf(operation: Operation): readonly string[] {
  return operation.parameters
    .filter((one) => isIdentifier(one) && !isMadeByCaller(one))
    .map(({ name }) => name)
    .filter((name) => !(name in (NO_GUESS[operation.key] ?? {})));
}

/** What looks like an identifier and looks nothing up, with the reason. */
const NO_GUESS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'POST /api/billing/top-ups': { badgeNumber: 'kept as it was typed, for the page to show' },
};

/** What is there for somebody else, and something of its kind that nobody has. */
export interface Guess {
  readonly theirs: unknown;
  readonly absent: unknown;
}

/** The two guesses for a name: another family's, and one that there is not. */
export function guessFor(operation: Operation, name: string, stranger: Family): Guess {
  const theirs = identifierOf(operation, name, stranger);
  if (Array.isArray(theirs)) return { theirs, absent: [randomUUID()] };
  const absent = name === 'codiceFiscale' ? 'ZZZZZZ99Z99Z999Z' : /Number$/.test(name) ? 'FFFFFFFFFF' : randomUUID();
  return { theirs, absent };
}

export interface ReadTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<number, number>>;
}

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What is not answered by then is a fault of the service: nothing that is asked here may keep it busy for longer. */
const ANSWERED_WITHIN_MS = 20_000;
/** How long a token is asked with: services believe one for five minutes. */
const TOKEN_KEPT_MS = 200_000;

/** Asks questions of a platform, so many at once. */
export class Reader {
  readonly #platform: ReadPlatform;
  readonly #atOnce: number;
  readonly #agent: Agent;
  readonly #tokens = new Map<Family | 'office', { readonly madeAt: number; readonly token: Promise<string> }>();

  constructor(platform: ReadPlatform, atOnce: number) {
    this.#platform = platform;
    this.#atOnce = atOnce;
    this.#agent = new Agent({ connections: atOnce, headersTimeout: ANSWERED_WITHIN_MS });
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  /** Each of so many guardians asks about what is his or her own; operations of the staff are asked by the office. */
  async askOwn(operation: Operation, count: number, changes?: Changes): Promise<ReadTimes> {
    const families = this.familiesFor(operation);
    const times = histogram();
    const statuses: Record<number, number> = {};
    await this.#each(count, async (index) => {
      const family = families[index % families.length] as Family;
      const token = await this.#tokenOf(operation.isForStaff ? 'office' : family);
      await this.#time(operation, this.questionOf(operation, family, changes?.(family)), token, times, statuses);
    });
    return toTimes(times, statuses);
  }

  /** Guardians ask in turn for what is somebody else's and for what there is not: whether the two can be told apart. */
  async askRefused(
    operation: Operation,
    name: string,
    count: number,
  ): Promise<{ readonly others: ReadTimes; readonly absent: ReadTimes }> {
    const families = this.familiesFor(operation);
    const times = { theirs: histogram(), absent: histogram() };
    const statuses: Record<number, number> = {};
    await this.#each(count * 2, async (index) => {
      const family = families[index % families.length] as Family;
      const stranger = families[(index + 7) % families.length] as Family;
      const kind = index % 2 === 0 ? 'theirs' : 'absent';
      const question = this.questionOf(operation, family, { [name]: guessFor(operation, name, stranger)[kind] });
      await this.#time(operation, question, await this.#tokenOf(family), times[kind], statuses);
    });
    return { others: toTimes(times.theirs, statuses), absent: toTimes(times.absent, statuses) };
  }

  /** One question of one guardian, and its whole answer. */
  async ask(operation: Operation, question: Question, family: Family | 'office'): Promise<Answer> {
    const { statusCode, headers, body } = await this.#send(operation, question, await this.#tokenOf(family));
    return { status: statusCode, headers, body: await body.text() };
  }

  questionOf(operation: Operation, family: Family, changes?: Readonly<Record<string, unknown>>): Question {
    return questionOf(operation, family, this.#platform.month, changes);
  }

  /** Those who can ask: only who has a prepaid account has top-ups. */
  familiesFor({ path }: Operation): readonly Family[] {
    const { families } = this.#platform;
    return path.startsWith('/api/billing/top-ups')
      ? families.filter(({ prepaidPupilId }) => prepaidPupilId !== null)
      : families;
  }

  async #each(count: number, work: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const lane = async () => {
      while (next < count) {
        const index = next;
        next += 1;
        await work(index);
      }
    };
    await Promise.all(Array.from({ length: this.#atOnce }, lane));
  }

  async #time(
    operation: Operation,
    question: Question,
    token: string,
    times: Histogram,
    statuses: Record<number, number>,
  ): Promise<void> {
    const startedAt = performance.now();
    const { statusCode, body } = await this.#send(operation, question, token);
    await body.dump();
    times.recordValue(Math.round((performance.now() - startedAt) * 1_000));
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
  }

  #send({ service }: Operation, { method, path, contentType, body }: Question, token: string) {
    return request(`${this.#platform.urls[service as ServiceName]}${path}`, {
      ...{ dispatcher: this.#agent, method, body },
      headers: {
        authorization: `Bearer ${token}`,
        ...(contentType === null ? {} : { 'content-type': contentType }),
      },
    });
  }

  #tokenOf(family: Family | 'office'): Promise<string> {
    const known = this.#tokens.get(family);
    if (known !== undefined && performance.now() - known.madeAt < TOKEN_KEPT_MS) return known.token;
    const municipalityId = numberId<MunicipalityId>(this.#platform.municipalityId);
    const token = this.#platform.identity.tokenFor(
      family === 'office'
        ? { municipalityId, role: 'office' }
        : { municipalityId, pupilIds: family.pupilIds.map((pupilId) => id<PupilId>(pupilId)) },
    );
    this.#tokens.set(family, { madeAt: performance.now(), token });
    return token;
  }
}

/** Values that a family's question is asked with instead of the usual ones. */
type Changes = (family: Family) => Readonly<Record<string, unknown>>;

function histogram(): Histogram {
  return build({ highestTrackableValue: 60_000_000 });
}

function toTimes(times: Histogram, statuses: Record<number, number>): ReadTimes {
  const ms = (percentile: number) => times.getValueAtPercentile(percentile) / 1_000;
  return { p50Ms: ms(50), p99Ms: ms(99), statuses };
}

/**
 * Counts, from now on, how often tables of many rows are read from end to end. The server adds a session's counts when it likes, and at the
 * latest when the session ends: so all sessions of the services are ended, and come back by themselves.
 *
 * @returns asks for the counts so far: the tables that were read so, by database and name
 */
export async function countSequentialScans(
  platform: ReadPlatform,
  rowsMin: number,
): Promise<() => Promise<ReadonlyMap<string, number>>> {
  await endSessions(platform);
  for (const pool of Object.values(platform.databases)) await pool.query('select pg_stat_reset()');
  return async () => {
    await endSessions(platform);
    const scans = new Map<string, number>();
    for (const [name, pool] of Object.entries(platform.databases)) {
      const { rows } = await pool.query<{ relname: string; seq_scan: string }>(
        `select relname, seq_scan from pg_stat_user_tables
         where seq_scan > 0 and (select reltuples from pg_class where oid = relid) >= $1`,
        [rowsMin],
      );
      for (const row of rows) scans.set(`${name}.${row.relname}`, Number(row.seq_scan));
    }
    return scans;
  };
}

async function endSessions(platform: ReadPlatform): Promise<void> {
  for (const pool of Object.values(platform.databases)) {
    const { rows } = await pool.query<{ pid: number }>(
      `select pid, pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
         and application_name <> ''`,
    );
    const ended = rows.map(({ pid }) => pid);
    await eventually(
      async () => {
        const left = await pool.query('select from pg_stat_activity where pid = any($1)', [ended]);
        return left.rowCount === 0;
      },
      { withinMs: 10_000 },
    );
  }
  await eventually(() => areBack(platform), { withinMs: 20_000 });
}

/** Whether every service answers again. */
async function areBack(platform: ReadPlatform): Promise<boolean> {
  const reader = new Reader(platform, 4);
  try {
    // Files that are drawn take long, and read what the other reads of billing read.
    for (const read of READS.filter((one) => !isDrawn(one))) {
      const { statuses } = await reader.askOwn(read, 20);
      if (statuses[200] !== 20) return false;
    }
    return true;
  } finally {
    await reader.close();
  }
}
