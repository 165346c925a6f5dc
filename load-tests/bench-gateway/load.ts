import autocannon from 'autocannon';

/** What is asked. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Load {
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second where the rate is fixed. */
  readonly perSecond: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** As many requests as are answered, each connection asking again as soon as it has its answer. @returns answers a second */
export async function measureThroughput(target: Target, { connections, seconds }: Load): Promise<number> {
  const result = await ask(target, { connections, duration: seconds });
  return result['2xx'] / result.duration;
}

/** Requests at a fixed rate, whatever the answers do: a request that had to wait for its turn counts its waiting. */
export async function measureAtRate(target: Target, { connections, seconds, perSecond }: Load): Promise<Latency> {
  const { latency } = await ask(target, { connections, duration: seconds, overallRate: perSecond });
  return { p50Ms: latency.p50, p99Ms: latency.p99 };
}

/** @throws Error where one answer was not 200: a refusal is cheaper than an answer, and no figure */
async function ask(target: Target, shape: Pick<autocannon.Options, 'connections' | 'duration' | 'overallRate'>) {
  const result = await autocannon({ url: target.url, headers: { ...target.headers }, ...shape });
  const failures = result.non2xx + result.errors + result.timeouts;
  if (failures > 0) throw new Error(`${target.url}: ${failures} of ${result.requests.total} requests failed`);
  return result;
}
