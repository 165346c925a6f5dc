/** Looks for work again and again, and at once when somebody says that there is some. */
export interface CreditLoop {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Looks now, or once more after the look under way. */
  wake(): void;
}

/** Runs `look` every so often; one look at a time, and a stop waits for it. */
export function creditLoop(options: {
  readonly look: () => Promise<unknown>;
  readonly everyMs: number;
  readonly onFault: (fault: unknown) => void;
}): CreditLoop {
  const { look, everyMs, onFault } = options;
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
    name: 'credit-top-ups',
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
