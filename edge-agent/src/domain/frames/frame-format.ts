import type { FrameError, FrameErrorKind, Reading } from '../reading.ts';

/**
 * What a format says about the bytes at the head of its buffer.
 * `wait`: they may still become a frame. `drop`: so many are no frame (with the reason, or none for padding that belongs
 * to the format). `reading`: so many were one good frame.
 */
export type Step =
  | { readonly kind: 'wait' }
  | { readonly kind: 'drop'; readonly bytes: number; readonly reason: FrameErrorKind | null }
  | { readonly kind: 'reading'; readonly bytes: number; readonly reading: Reading };

/** A step that takes bytes. */
export type Taken = Exclude<Step, { kind: 'wait' }>;

/** One family of readers: pure rules, no state of its own. */
export interface FrameFormat {
  /** Looks at the head of the buffer, which is never empty. A `drop` or `reading` takes at least one byte. */
  next(buffer: Uint8Array): Step;
  /** What bytes without an end become after a silence, taken step by step; without it they are a cut frame. */
  atSilence?(buffer: Uint8Array): Taken;
  /**
   * Set where a frame has no mark of its own at the start. Then the tail of a frame can look like a whole one, so nothing
   * is believed after opening the port, noise or an endless frame until a silence was heard.
   */
  readonly startsAfterSilence?: true;
  /** Where the family's own repeats leave less than the usual silence between frames. */
  readonly silenceMs?: number;
  /** Set for a reader that only answers: what to send when the port opens, and then in turn, one question each time. */
  readonly poll?: {
    readonly opening: readonly Uint8Array[];
    readonly questions: readonly Uint8Array[];
    readonly everyMs: number;
  };
}

/** What a parser keeps between chunks. */
export interface FrameState {
  readonly rest: Uint8Array;
  readonly lastByteAtMs: number;
  readonly isWaitingForSilence: boolean;
}

export interface Fed {
  readonly readings: readonly Reading[];
  readonly errors: readonly FrameError[];
  readonly state: FrameState;
}

/** The longest rest that is kept between chunks; a stream that never ends a frame does not grow memory. */
export const FRAME_BYTES_MAX = 128;
/** A silence inside a frame after which it is cut: 2 to 3 frame times at 9600 baud. */
export const SILENCE_MS = 50;

/** What a parser knows when its port has just been opened: not what was sent a moment ago. */
export function justOpened(format: FrameFormat, nowMs: number): FrameState {
  return { rest: new Uint8Array(0), lastByteAtMs: nowMs, isWaitingForSilence: format.startsAfterSilence === true };
}

/**
 * Feeds one chunk of the serial stream; an empty chunk only lets time pass.
 *
 * @param chunk any cut of the stream
 * @param nowMs a monotonic clock
 * @param silenceMs how long a frame may pause inside
 * @returns complete readings in order (repeats of a held card included), what was dropped and why, and the next state
 */
export function feed(
  format: FrameFormat,
  state: FrameState,
  chunk: Uint8Array,
  nowMs: number,
  silenceMs: number = format.silenceMs ?? SILENCE_MS,
): Fed {
  const readings: Reading[] = [];
  const errors: FrameError[] = [];
  const isSilent = nowMs - state.lastByteAtMs >= silenceMs;
  let isWaitingForSilence = state.isWaitingForSilence && !isSilent;
  let rest = state.rest;
  while (isSilent && rest.length > 0) {
    const step = format.atSilence?.(rest) ?? dropAll(rest, 'cut_frame');
    take(step, readings, errors);
    rest = rest.subarray(step.bytes);
  }
  rest = join(rest, chunk);
  while (rest.length > 0) {
    const step = isWaitingForSilence ? dropAll(rest, 'noise') : bounded(format.next(rest), rest);
    if (step.kind === 'wait') break;
    take(step, readings, errors);
    rest = rest.subarray(step.bytes);
    if (format.startsAfterSilence === true && step.kind === 'drop') {
      isWaitingForSilence ||= step.reason === 'too_long' || step.reason === 'noise';
    }
  }
  return {
    readings,
    errors,
    state: {
      // A copy: a view would keep the whole chunk alive.
      rest: Uint8Array.from(rest),
      lastByteAtMs: chunk.length > 0 ? nowMs : state.lastByteAtMs,
      isWaitingForSilence,
    },
  };
}

function bounded(step: Step, rest: Uint8Array): Step {
  return step.kind === 'wait' && rest.length > FRAME_BYTES_MAX ? dropAll(rest, 'too_long') : step;
}

function dropAll(rest: Uint8Array, reason: FrameErrorKind): Taken {
  return { kind: 'drop', bytes: rest.length, reason };
}

function take(step: Taken, readings: Reading[], errors: FrameError[]): void {
  if (step.kind === 'reading') readings.push(step.reading);
  if (step.kind !== 'drop' || step.reason === null) return;
  const last = errors.at(-1);
  // A burst of noise is one event, not one for each byte.
  if (last !== undefined && last.kind === 'noise' && step.reason === 'noise') {
    errors[errors.length - 1] = { kind: 'noise', bytes: last.bytes + step.bytes };
  } else {
    errors.push({ kind: step.reason, bytes: step.bytes });
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
