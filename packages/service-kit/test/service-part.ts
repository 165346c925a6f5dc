import { createServer } from 'node:http';
import { z } from 'zod';
import { createLogger, type Part, readConfig, runMain, runService, serviceEnvironment } from '../src/index.ts';

/** A process for run-service.test.ts, with two parts that say what happens to them and misbehave as told. */
await runMain(async () => {
  const schema = z.object({
    ...serviceEnvironment,
    MISDEED: z.enum(['none', 'slow start', 'no stop', 'breaks', 'unready']),
  });
  const config = readConfig(schema, process.env);
  const logger = createLogger({ service: 'test', level: config.LOG_LEVEL });
  const listener = createServer();
  const part = (name: string, own: Partial<Part> = {}): Part => ({
    name,
    start: async () => logger.info({}, `${name} started`),
    stop: async () => logger.info({}, `${name} stopped`),
    ...own,
  });
  const forEver = () => new Promise<void>((resolve) => listener.listen(0, '127.0.0.1').once('close', resolve));
  const misdeeds: Record<typeof config.MISDEED, Partial<Part>> = {
    none: {},
    'slow start': { start: forEver },
    'no stop': { stop: forEver },
    breaks: { onBroken: (report) => process.once('SIGUSR2', () => report(new Error('the wheel came off'))) },
    unready: {
      checkReady: async () => {
        throw new Error('the store is away');
      },
    },
  };
  await runService({
    logger,
    service: 'test',
    stopWithinMs: config.STOP_WITHIN_MS,
    opsPort: config.OPS_PORT,
    listenHost: config.LISTEN_HOST,
    parts: [part('first'), part('second', misdeeds[config.MISDEED])],
  });
});
