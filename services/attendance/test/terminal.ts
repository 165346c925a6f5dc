import {
  type ConnectRequest,
  type ConnectResponse,
  type DirectoryUpdate,
  type Swipe,
  type SwipeOutcome,
  TerminalServiceClient,
  type Welcome,
} from '@campanella/proto/attendance/v1/terminal';
import { grpcClient } from '@campanella/service-kit';
import { eventually } from '@campanella/testkit';
import { serviceDateAt } from '@campanella/vocabulary';
import { type ClientDuplexStream, Metadata, type ServiceError } from '@grpc/grpc-js';
import { v7 } from 'uuid';
import { badgeNumber, KEY, SCHOOLS, terminalOf } from './town.ts';

/** A terminal of the tests, over a real stream. */
export interface TestTerminal {
  readonly welcome: Welcome;
  readonly updates: DirectoryUpdate[];
  /** Every result that came, by swipe id, in order. */
  readonly results: Map<string, SwipeOutcome[]>;
  readonly wasSentElsewhere: () => boolean;
  readonly fault: () => ServiceError | null;
  send(...swipes: Swipe[]): void;
  write(message: NonNullable<ConnectRequest['message']>): void;
  /** Waits for so many results of a swipe and answers the last. */
  resultOf(swipeId: string, count?: number): Promise<SwipeOutcome>;
  /** Sends one swipe and waits for its result. */
  swipe(swipe: Swipe): Promise<SwipeOutcome>;
  close(): void;
}

interface Place {
  readonly municipalityId?: number;
  readonly schoolId?: string;
  readonly till?: number;
  readonly directoryVersion?: number;
  readonly terminalId?: string;
  readonly key?: string;
  /** Where the Hello says something else than the terminal's registration. */
  readonly says?: { readonly municipalityId?: number; readonly schoolId?: string };
}

/** Opens a stream and waits for its Welcome. @throws ServiceError where the stream is refused */
export async function openTerminal(address: string, place: Place = {}): Promise<TestTerminal> {
  const municipalityId = place.municipalityId ?? 1;
  const schoolId = place.schoolId ?? SCHOOLS[0];
  const metadata = new Metadata();
  metadata.set('x-terminal-id', place.terminalId ?? terminalOf(municipalityId, schoolId, place.till ?? 1));
  metadata.set('x-terminal-key', place.key ?? KEY);
  const client = grpcClient(TerminalServiceClient, [address]);
  const stream = client.connect(metadata);
  const talk = listen(stream, () => client.close());
  talk.write({
    $case: 'hello',
    value: {
      municipalityId: place.says?.municipalityId ?? municipalityId,
      schoolId: place.says?.schoolId ?? schoolId,
      agentVersion: 'test',
      agentClockMs: Date.now(),
      directoryVersion: place.directoryVersion ?? 0,
      unsentCount: 0,
    },
  });
  await eventually(() => talk.state.welcome !== null || talk.state.fault !== null, { withinMs: 10_000 });
  const { welcome, fault } = talk.state;
  if (welcome === null) throw fault ?? new Error('no welcome');
  return { ...talk, welcome };
}

function listen(stream: ClientDuplexStream<ConnectRequest, ConnectResponse>, closeClient: () => void) {
  const state: { welcome: Welcome | null; fault: ServiceError | null; elsewhere: boolean } = {
    welcome: null,
    fault: null,
    elsewhere: false,
  };
  const results = new Map<string, SwipeOutcome[]>();
  const updates: DirectoryUpdate[] = [];
  stream.on('data', ({ message }: ConnectResponse) => {
    if (message?.$case === 'welcome') state.welcome = message.value;
    if (message?.$case === 'directory') updates.push(message.value);
    if (message?.$case === 'goElsewhere') state.elsewhere = true;
    if (message?.$case !== 'results') return;
    for (const { swipeId, outcome } of message.value.results) {
      results.set(swipeId, [...(results.get(swipeId) ?? []), outcome]);
    }
  });
  stream.on('error', (fault: ServiceError) => {
    state.fault = fault;
    closeClient();
  });
  stream.on('end', closeClient);
  const write = (message: NonNullable<ConnectRequest['message']>) => void stream.write({ message });
  const send = (...swipes: Swipe[]) => write({ $case: 'swipes', value: { swipes } });
  const resultOf = async (swipeId: string, count = 1): Promise<SwipeOutcome> => {
    await eventually(() => (results.get(swipeId)?.length ?? 0) >= count, { withinMs: 10_000 });
    return results.get(swipeId)?.at(-1) ?? 0;
  };
  return {
    state,
    results,
    updates,
    write,
    send,
    resultOf,
    wasSentElsewhere: () => state.elsewhere,
    fault: () => state.fault,
    swipe: (swipe: Swipe) => {
      send(swipe);
      return resultOf(swipe.swipeId);
    },
    close: () => void stream.end(),
  };
}

/** A swipe of a pupil, now, with what the test changes. */
export function swipeOf(pupil: number, change: Partial<Swipe> & { readonly daysAgo?: number } = {}): Swipe {
  const { daysAgo, ...fields } = change;
  const occurredAtMs = fields.occurredAtMs ?? Date.now() - (daysAgo ?? 0) * 86_400_000;
  return {
    swipeId: v7(),
    badgeNumber: badgeNumber(1, pupil),
    occurredAtMs,
    serviceDate: serviceDateAt(new Date(occurredAtMs)),
    service: 'school_meals',
    traceparent: '',
    ...fields,
  };
}
