import type { Logger, Part } from '@campanella/service-kit';

/** Something that is done again and again. */
export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

/**
 * Runs a chore once at start, where a failure stops the start, and then at its interval, where a failure is logged and the next turn
 * tries again. Turns never overlap; stopping waits for the one that runs.
 */
export function repeating(chore: Chore, logger: Logger): Part {
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let stopped = false;
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      turn = runLogged(chore, logger).finally(schedule);
    }, chore.everyMs);
  };
  return {
    name: chore.name,
    start: async () => {
      await chore.run();
      schedule();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await turn;
    },
  };
}

async function runLogged(chore: Chore, logger: Logger): Promise<void> {
  try {
    await chore.run();
  } catch (error) {
    logger.warn({ err: error, chore: chore.name }, 'a chore failed and will be tried again');
  }
}
