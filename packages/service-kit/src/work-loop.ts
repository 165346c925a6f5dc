import type { Part } from './lifecycle.ts';

/** Looks for work again and again, and at once when somebody says that there is some. */
export interface WorkLoop extends Part {
  /** Looks now, or once more after the look under way. */
  wake(): void;
}

/** Runs `look` every so often; one look at a time, and a stop waits for it. A fault is told and costs one look. */
export function workLoop(options: {
  readonly name: string;
  readonly look: () => Promise<unknown>;
  readonly everyMs: number;
  readonly onFault: (fault: unknown) => void;
}): WorkLoop {
  const { name, look, everyMs, onFault } = options;
  let isStopped = false;
  let isWanted = false;
  let rouse: () => void = () => {};
  let running: Promise<void> = Promise.resolve();
  const run = async () => {
    while (!isStopped) {
      isWanted = false;
      await look().catch(onFault);
      if (!isWanted && !isStopped) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, everyMs);
          rouse = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  };
  return {
    name,
    async start() {
      running = run();
    },
    async stop() {
      isStopped = true;
      rouse();
      await running;
    },
    wake() {
      isWanted = true;
      rouse();
    },
  };
}
