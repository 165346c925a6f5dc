import type { Part } from '@campanella/service-kit';
import type { SwipeGatherer } from '../app/swipe-gatherer.ts';
import type { TerminalRoom } from '../app/terminal-directory.ts';

const LOOK_EVERY_MS = 20;

/**
 * Stops before the gRPC server: asks every terminal to go elsewhere, and waits until what they sent has its result and they
 * have left, at most `withinMs`. What is left then has no result, and its terminal sends it again to another replica.
 */
export function drainTerminals(deps: {
  readonly room: TerminalRoom;
  readonly gatherer: SwipeGatherer;
  readonly withinMs: number;
}): Part {
  return {
    name: 'terminals',
    start: async () => {},
    async stop() {
      deps.room.drain();
      const deadline = Date.now() + deps.withinMs;
      while ((deps.room.size > 0 || deps.gatherer.unansweredCount > 0) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
  };
}
