import type { Database } from '@campanella/postgres';

import { journal as journalIn } from '../src/store/journal.ts';
import { bareDesign, type Design, naiveDesign, type OursDesign, oursDesign } from './designs.ts';
import { closedLoop, openLoop } from './loads.ts';
import {
  type BenchStores,
  faultsInBooks,
  HOUSEHOLDS,
  makeDatabase,
  makeMeals,
  readAccounts,
  type Spread,
} from './town.ts';

/** The figures of one round, by name. */
export type Round = ReadonlyMap<string, number>;

/** Added to a connection's address: each flush then takes 3 ms more, as on a slow disk. */
const SLOW_FLUSH = `?options=${encodeURIComponent('-c commit_delay=3000 -c commit_siblings=0')}`;
const WARM_IN_CALL_MAX = 5_000;
const MEALS_PER_SECOND_MAX = 45_000;

export interface BenchDatabases {
  readonly naive: string;
  readonly ours: string;
  readonly bare: string;
}

export async function makeDatabases({ postgres }: BenchStores): Promise<BenchDatabases> {
  const [naive, ours, bare] = [
    await makeDatabase(postgres.url, 'naive', HOUSEHOLDS),
    await makeDatabase(postgres.url, 'ours', HOUSEHOLDS),
    await makeDatabase(postgres.url, 'bare', HOUSEHOLDS),
  ];
  return { naive, ours, bare };
}

/** One round over all designs, one after the other, each checked against its books. */
export async function runRound(
  databases: BenchDatabases,
  stores: BenchStores,
  acknowledged: Map<string, number>,
  forMs: number,
): Promise<Round> {
  const figures = new Map<string, number>();
  const ours = (slow = '') => oursDesign(databases.ours + slow, stores.redis.url);
  const run = async (name: string, database: keyof BenchDatabases, spread: Spread, make: () => Promise<Design>) => {
    const design = await make();
    const meals = makeMeals(await readAccounts(design.database), spread, perRound(database, forMs));
    const { perSecond, settled } = await closedLoop(design, meals, forMs);
    figures.set(name, perSecond);
    await check(design, database, settled, acknowledged);
    await design.stop();
  };
  figures.set('cold accounts', await warmAll(await ours(), acknowledged));
  await run('naive uniform', 'naive', 'uniform', () => naiveDesign(databases.naive));
  await run('ours uniform', 'ours', 'uniform', ours);
  await run('naive hot', 'naive', 'hot', () => naiveDesign(databases.naive));
  await run('ours hot', 'ours', 'hot', ours);
  await run('bare', 'bare', 'uniform', () => bareDesign(databases.bare));
  await run('naive slow', 'naive', 'hot', () => naiveDesign(databases.naive + SLOW_FLUSH));
  await run('ours slow', 'ours', 'hot', () => ours(SLOW_FLUSH));
  for (const perSecond of [1_000, 5_000]) {
    const design = await ours();
    const meals = makeMeals(await readAccounts(design.database), 'uniform', (perSecond * (forMs + 500)) / 1000);
    const { p50Ms, p99Ms, settled } = await openLoop(design, meals, perSecond, forMs);
    figures.set(`p50 at ${perSecond}`, p50Ms).set(`p99 at ${perSecond}`, p99Ms);
    await check(design, 'ours', settled, acknowledged);
    await design.stop();
  }
  return figures;
}

function perRound(database: keyof BenchDatabases, forMs: number): number {
  return Math.ceil(((database === 'naive' ? MEALS_PER_SECOND_MAX / 8 : MEALS_PER_SECOND_MAX) * forMs) / 1000);
}

async function check(
  { database }: { readonly database: Database },
  name: string,
  settled: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  const total = (acknowledged.get(name) ?? 0) + settled;
  acknowledged.set(name, total);
  const faults = await faultsInBooks(database, total);
  if (faults.length > 0) throw new Error(`the books of ${name} are wrong: ${faults.join('; ')}`);
}

/** Empties Redis, then reads every account of the shard back into it; answers how many milliseconds that took. */
async function warmAll(design: OursDesign, acknowledged: Map<string, number>): Promise<number> {
  const { database, hotState } = design;
  await hotState.reset(0, { epoch: 1_000_000_000, seq: 0, head: '0', windowFromMs: 0 });
  // The first debit finds a hot state that is not the journal's, and begins a new epoch with an empty one.
  const [meal] = makeMeals(await readAccounts(database), 'uniform', 1);
  await new Promise<void>((resolve) => design.post(meal === undefined ? [] : [meal], resolve));
  await check(design, 'ours', 1, acknowledged);
  const { households } = await readAccounts(database);
  const epoch = (await hotState.position(0))?.epoch ?? 0;
  const startedAt = performance.now();
  const cold = await journalIn(database).loadColdAccounts(0, households);
  for (let at = 0; at < cold.length; at += WARM_IN_CALL_MAX) {
    const page = cold.slice(at, at + WARM_IN_CALL_MAX);
    if (!(await hotState.warm(0, epoch, page))) throw new Error('the epoch changed while accounts were read');
  }
  const tookMs = performance.now() - startedAt;
  await design.stop();
  return (tookMs * 100_000) / cold.length;
}
