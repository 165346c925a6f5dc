import { setTimeout as wait } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import { z } from 'zod';

const DELAY_MS_MAX = 60_000;

/** How an entity answers: later, not at all, or as usual. */
export const Behaviour = z.strictObject({
  delayMs: z.number().int().min(0).max(DELAY_MS_MAX).default(0).describe('Wait before every answer'),
  down: z.enum(['no', '503', 'closed']).default('no').describe('503 answers so; closed cuts the connection'),
  paths: z.array(z.string().startsWith('/')).default([]).describe('Only requests whose path begins so; empty for all'),
});
export type Behaviour = z.output<typeof Behaviour>;

/** As usual. */
export const NORMAL: Behaviour = Object.freeze(Behaviour.parse({}));

/** How each entity behaves, by name. */
export interface Behaviours {
  readonly names: readonly string[];
  of(name: string): Behaviour;
  set(name: string, behaviour: Behaviour): void;
  /** What stands before the entity's routes. */
  middleware(name: string): RequestHandler;
}

/** Makes every entity behave as usual. */
export function behaviours(names: readonly string[]): Behaviours {
  const set = new Map(names.map((name) => [name, NORMAL]));
  const of = (name: string) => set.get(name) ?? NORMAL;
  return {
    names,
    of,
    set: (name, behaviour) => set.set(name, behaviour),
    middleware: (name) => async (request, response, next) => {
      const { delayMs, down, paths } = of(name);
      if (paths.length > 0 && !paths.some((path) => request.path.startsWith(path))) return next();
      if (delayMs > 0) await wait(delayMs);
      if (down === 'closed') request.socket.destroy();
      else if (down === '503') response.status(503).json({ error: 'temporarily_unavailable' });
      else next();
    },
  };
}
