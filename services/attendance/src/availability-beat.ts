import { type Logger, type Part, workLoop } from '@campanella/service-kit';

/** Three looks a minute: one that comes late leaves no minute without a beat. */
const BEAT_EVERY_MS = 20_000;
const PROBE_WITHIN_MS = 5_000;

/** Notes again and again that absences can be taken, the first time before the parts after it start. */
export function availabilityBeat(options: { readonly note: () => Promise<number>; readonly logger: Logger }): Part {
  const { note, logger } = options;
  const look = async () => {
    const movedCount = await note();
    if (movedCount > 0) logger.warn({ movedCount }, 'cut-offs moved after an outage');
  };
  const onFault = (fault: unknown) => logger.warn({ err: fault }, 'availability not noted');
  const loop = workLoop({ name: 'availability', everyMs: BEAT_EVERY_MS, look, onFault });
  return {
    ...loop,
    async start() {
      await look().catch(onFault);
      await loop.start();
    },
  };
}

/** Asks a public address whether guardians get through; any answer but a fault of the server's is one. Without an address they do. */
export function probe(url: string | undefined): () => Promise<boolean> {
  return async () => {
    if (url === undefined) return true;
    const init = { redirect: 'manual', signal: AbortSignal.timeout(PROBE_WITHIN_MS) } as const;
    const response = await fetch(url, init).catch(() => null);
    await response?.body?.cancel();
    return response !== null && response.status < 500;
  };
}
