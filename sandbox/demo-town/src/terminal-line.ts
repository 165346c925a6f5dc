import {
  type ConnectRequest,
  type ConnectResponse,
  type SwipeBatch,
  SwipeOutcome,
  type TerminalServiceClient,
} from '@campanella/proto/attendance/v1/terminal';
import { SCHOOL_MEALS } from '@campanella/vocabulary';
import { type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import type { HistoricSwipe } from './history.ts';
import type { TownSchool } from './town.ts';

/** What a terminal of the past has to say, and to whom. */
export interface TerminalTalk {
  readonly client: TerminalServiceClient;
  readonly municipalityId: number;
  readonly school: TownSchool;
  /** The pupils that the terminal waits for in its directory before it sends a swipe. */
  readonly pupilIds: readonly string[];
  /** Oldest first. */
  readonly swipes: readonly HistoricSwipe[];
  readonly giveUpAfterMs: number;
  onResults(count: number): void;
}

/** How many swipes had which outcome. */
export type OutcomeCounts = ReadonlyMap<SwipeOutcome, number>;

const BATCH_MAX = 200;
const RETRY_AFTER_MS = 500;

/**
 * Sends swipes as a canteen's terminal would, over as many streams as it takes, and waits for the result of each.
 *
 * Swipes without a result are sent again on the next stream: the platform answers the same for the same id.
 *
 * @throws Error once `giveUpAfterMs` has passed, with what was missing; or at once when the terminal is not let in
 */
export async function talkAsTerminal(talk: TerminalTalk): Promise<OutcomeCounts> {
  const counts = new Map<SwipeOutcome, number>();
  const unanswered = new Map(talk.swipes.map((swipe) => [swipe.swipeId, swipe]));
  const deadline = Date.now() + talk.giveUpAfterMs;
  while (unanswered.size > 0) {
    const trouble = await oneStream(talk, unanswered, counts, deadline);
    if (trouble === null) continue;
    if (trouble.isFinal || Date.now() > deadline) {
      throw new Error(`${talk.school.name}: ${unanswered.size} swipes without a result: ${trouble.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
  }
  return counts;
}

interface Trouble {
  readonly message: string;
  readonly isFinal: boolean;
}

const UNAUTHENTICATED = 16;

function oneStream(
  talk: TerminalTalk,
  unanswered: Map<string, HistoricSwipe>,
  counts: Map<SwipeOutcome, number>,
  deadline: number,
): Promise<Trouble | null> {
  const metadata = new Metadata();
  metadata.set('x-terminal-id', talk.school.terminalId);
  metadata.set('x-terminal-key', talk.school.terminalKey);
  const stream = talk.client.connect(metadata, { deadline });
  const queue = [...unanswered.values()];
  const missing = new Set(talk.pupilIds);
  let next = 0;
  let inFlight = 0;
  let windowMax = 0;
  let isEnding = false;

  const endStream = (): void => {
    if (!isEnding) stream.end();
    isEnding = true;
  };
  const pump = (): void => {
    // A swipe before its badge has reached attendance would be set aside as unknown.
    while (!isEnding && windowMax > 0 && missing.size === 0 && next < queue.length && inFlight < windowMax) {
      const batch = queue.slice(next, next + Math.min(BATCH_MAX, windowMax - inFlight));
      next += batch.length;
      inFlight += batch.length;
      stream.write({ message: { $case: 'swipes', value: toBatch(batch) } });
    }
  };
  const take = ({ message }: ConnectResponse): void => {
    if (message?.$case === 'welcome') windowMax = Math.max(1, message.value.windowMax);
    if (message?.$case === 'directory') {
      for (const pupil of message.value.pupils) missing.delete(pupil.pupilId);
    }
    if (message?.$case === 'results') {
      for (const { swipeId, outcome } of message.value.results) {
        if (!unanswered.delete(swipeId)) continue;
        inFlight -= 1;
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }
      talk.onResults(message.value.results.length);
    }
    // Results of what was sent still come here; the rest goes over the next stream.
    if (message?.$case === 'goElsewhere' || unanswered.size === 0) endStream();
    else pump();
  };

  return new Promise((resolve) => {
    stream.on('data', take);
    stream.on('error', (error: Error & { code?: number }) => {
      const waiting = missing.size > 0 ? ` (${missing.size} pupils are not in the terminal's directory yet)` : '';
      resolve({ message: `${error.message}${waiting}`, isFinal: error.code === UNAUTHENTICATED });
    });
    stream.on('end', () => resolve(unanswered.size === 0 ? null : { message: 'the stream ended', isFinal: false }));
    sayHello(stream, talk, queue.length);
  });
}

function sayHello(
  stream: ClientDuplexStream<ConnectRequest, ConnectResponse>,
  talk: TerminalTalk,
  unsent: number,
): void {
  const hello = {
    municipalityId: talk.municipalityId,
    schoolId: talk.school.schoolId,
    agentVersion: 'demo-town',
    agentClockMs: Date.now(),
    directoryVersion: 0,
    unsentCount: unsent,
  };
  stream.write({ message: { $case: 'hello', value: hello } });
}

function toBatch(swipes: readonly HistoricSwipe[]): SwipeBatch {
  return { swipes: swipes.map((swipe) => ({ ...swipe, service: SCHOOL_MEALS, traceparent: '' })) };
}

/** Outcomes by name, for people. */
export function describeOutcomes(counts: OutcomeCounts): string {
  const names = new Map<number, string>(Object.entries(SwipeOutcome).map(([name, code]) => [code, name.toLowerCase()]));
  return [...counts].map(([outcome, count]) => `${count} ${names.get(outcome) ?? outcome}`).join(', ') || 'none';
}
