import { CLOCK_STEP_MS } from '../domain/clock-offset.ts';

/** The PC's clocks, as inputs that a test can break. */
export interface Clock {
  /** Milliseconds since 1970 UTC, as the PC believes. */
  wallMs(): number;
  /** Milliseconds from any start; never goes back. */
  monotonicMs(): number;
}

export const systemClock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** A change of the offset below this is not worth a write to the disk. */
const OFFSET_KEPT_FROM_MS = 500;

/** The platform's time, from the PC's clock and the offset measured last; the offset survives a restart. */
export class PlatformClock {
  readonly #clock: Clock;
  readonly #keep: (offsetMs: number) => void;
  #offsetMs: number;
  #keptMs: number;
  #driftMs: number;

  constructor(clock: Clock, keptOffsetMs: number, keep: (offsetMs: number) => void) {
    this.#clock = clock;
    this.#keep = keep;
    this.#offsetMs = keptOffsetMs;
    this.#keptMs = keptOffsetMs;
    this.#driftMs = clock.wallMs() - clock.monotonicMs();
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  nowMs(): number {
    return this.#clock.wallMs() + this.#offsetMs;
  }

  /** Takes a measured offset. A disk that cannot keep it only costs a restart without it. */
  observe(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    if (Math.abs(offsetMs - this.#keptMs) < OFFSET_KEPT_FROM_MS) return;
    this.#keep(offsetMs);
    this.#keptMs = offsetMs;
  }

  /** Says once whether the PC's clock was set, or the PC slept, since it was asked last. */
  hasStepped(): boolean {
    const driftMs = this.#clock.wallMs() - this.#clock.monotonicMs();
    const hasStepped = Math.abs(driftMs - this.#driftMs) > CLOCK_STEP_MS;
    this.#driftMs = driftMs;
    return hasStepped;
  }
}
