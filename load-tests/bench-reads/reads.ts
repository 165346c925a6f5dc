import { randomUUID } from 'node:crypto';
import { eventually } from '@campanella/testkit';
import { id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import { build, type Histogram } from 'hdr-histogram-js';
import { Agent, request } from 'undici';
import type { Family, ReadPlatform, ServiceName } from './platform.ts';

/** What a parent reads: of one service, about one pupil or about all of one's own. */
export interface Read {
  readonly name: string;
  readonly service: ServiceName;
  path(pupilId: string, month: ReadPlatform['month']): string;
  /** Whether it names a pupil, so that somebody else's can be asked for. */
  readonly isOfPupil: boolean;
}

const ofPupil = (name: string, service: ServiceName, rest: string, query = ''): Read => ({
  name,
  service,
  isOfPupil: true,
  path: (pupilId, month) =>
    `/api/${service}/pupils/${pupilId}${rest}${query.replace('FROM', month.from).replace('TO', month.to)}`,
});
const ofAll = (name: string, service: ServiceName, path: string): Read => ({
  ...{ name, service, isOfPupil: false },
  path: () => `/api/${service}${path}`,
});
const MONTH = '?service=school_meals&from=FROM&to=TO';

/** Every read of the parents' API. */
export const READS: readonly Read[] = [
  ofAll('own pupils', 'anagrafica', '/pupils'),
  ofAll('the municipality', 'anagrafica', '/municipality'),
  ofPupil('the record', 'anagrafica', ''),
  ofPupil('the fascicolo', 'anagrafica', '/documents'),
  ofPupil('who read the record', 'anagrafica', '/reads'),
  ofPupil('a month of presences', 'attendance', '/presences', MONTH),
  ofPupil('the notice of absences', 'attendance', '/absence-notice', '?service=school_meals'),
  ofPupil('a month of the account', 'ledger', '/statement', MONTH),
  ofAll('documents', 'billing', '/documents'),
  ofAll('what is to be paid', 'billing', '/payables'),
  ofAll('top-ups', 'billing', '/top-ups'),
  ofAll('the rules of top-ups', 'billing', '/top-up-rules'),
];

/** Who asks, and for whose pupil. */
interface Question {
  readonly token: string;
  readonly pupilId: string;
}

export interface ReadTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<number, number>>;
}

/** Asks questions of a platform, so many at once. */
export class Reader {
  readonly #platform: ReadPlatform;
  readonly #atOnce: number;
  readonly #agent: Agent;
  readonly #tokens = new Map<Family, Promise<string>>();

  constructor(platform: ReadPlatform, atOnce: number) {
    this.#platform = platform;
    this.#atOnce = atOnce;
    this.#agent = new Agent({ connections: atOnce });
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  /** Each of so many guardians reads about the first of his or her own pupils. */
  async readOwn(read: Read, count: number): Promise<ReadTimes> {
    const { families } = this.#platform;
    return this.#ask(read, count, async (index) => {
      const family = families[index % families.length] as Family;
      return { token: await this.#tokenOf(family), pupilId: family.pupilIds[0] ?? '' };
    });
  }

  /** Guardians ask in turn for somebody else's pupil and for one that there is not: whether the two can be told apart. */
  async readRefused(read: Read, count: number): Promise<{ readonly others: ReadTimes; readonly absent: ReadTimes }> {
    const { families } = this.#platform;
    const times = { others: histogram(), absent: histogram() };
    const statuses: Record<number, number> = {};
    await this.#each(count * 2, async (index) => {
      const family = families[index % families.length] as Family;
      const stranger = families[(index + 7) % families.length] as Family;
      const kind = index % 2 === 0 ? 'others' : 'absent';
      const pupilId = kind === 'others' ? (stranger.pupilIds[0] ?? '') : randomUUID();
      await this.#time(read, { token: await this.#tokenOf(family), pupilId }, times[kind], statuses);
    });
    return { others: toTimes(times.others, statuses), absent: toTimes(times.absent, statuses) };
  }

  async #ask(read: Read, count: number, questionAt: (index: number) => Promise<Question>): Promise<ReadTimes> {
    const times = histogram();
    const statuses: Record<number, number> = {};
    await this.#each(count, async (index) => this.#time(read, await questionAt(index), times, statuses));
    return toTimes(times, statuses);
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

  async #time(read: Read, question: Question, times: Histogram, statuses: Record<number, number>): Promise<void> {
    const url = `${this.#platform.urls[read.service]}${read.path(question.pupilId, this.#platform.month)}`;
    const startedAt = performance.now();
    const { statusCode, body } = await request(url, {
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${question.token}` },
    });
    await body.dump();
    times.recordValue(Math.round((performance.now() - startedAt) * 1_000));
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
  }

  #tokenOf(family: Family): Promise<string> {
    const known = this.#tokens.get(family);
    if (known !== undefined) return known;
    const token = this.#platform.identity.tokenFor({
      municipalityId: numberId<MunicipalityId>(this.#platform.municipalityId),
      pupilIds: family.pupilIds.map((pupilId) => id<PupilId>(pupilId)),
    });
    this.#tokens.set(family, token);
    return token;
  }
}

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
    for (const read of READS) {
      const { statuses } = await reader.readOwn(read, 20);
      if (statuses[200] !== 20) return false;
    }
    return true;
  } finally {
    await reader.close();
  }
}
