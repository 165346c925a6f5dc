import {
  type ConnectRequest,
  type ConnectResponse,
  type Swipe,
  SwipeOutcome,
  TerminalServiceClient,
  TerminalServiceService,
} from '@campanella/proto/attendance/v1/terminal';
import { createLogger, grpcClient, grpcServer } from '@campanella/service-kit';
import { serviceDate } from '@campanella/vocabulary';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { swipesOf } from '../src/history.ts';
import { serviceDaysBefore } from '../src/school-days.ts';
import { talkAsTerminal } from '../src/terminal-line.ts';
import { familiesOf, planTown, schoolsOf, VALLEFINTA } from '../src/town.ts';

type Stream = ServerDuplexStream<ConnectRequest, ConnectResponse>;

const TODAY = serviceDate('2026-11-23');
const plan = planTown(VALLEFINTA, TODAY);
const [school] = schoolsOf(plan);
const pupils = [...familiesOf(plan)]
  .flatMap((family) => family.pupils)
  .filter((one) => one.schoolId === school?.schoolId);
const swipes = pupils.slice(0, 50).flatMap((pupil) => swipesOf(pupil, serviceDaysBefore(TODAY, 10)));

const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

/** A platform of which each stream is scripted; returns its client. */
async function platform(script: (stream: Stream, streamNumber: number) => void): Promise<TerminalServiceClient> {
  let count = 0;
  const connect = (stream: Stream): void => {
    stream.on('error', () => undefined);
    count += 1;
    script(stream, count);
  };
  const server = grpcServer({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger({ service: 'test', level: 'error' }),
    services: [{ definition: TerminalServiceService, implementation: { connect } }],
  });
  await server.start();
  toClose.push(() => server.stop());
  const client = grpcClient(TerminalServiceClient, [server.address]);
  toClose.push(() => client.close());
  return client;
}

function welcome(stream: Stream, windowMax: number): void {
  const value = { terminalName: '', schoolName: '', municipalityName: '', platformClockMs: 0, windowMax };
  stream.write({ message: { $case: 'welcome', value } });
}

function tellDirectory(stream: Stream, pupilIds: readonly string[]): void {
  const known = pupilIds.map((pupilId) => ({
    pupilId,
    displayName: '',
    className: '',
    dietCode: '',
    diets: [],
    badges: [],
    enrolments: [],
  }));
  const value = { version: 1, snapshot: true, lastPage: true, pupils: known, removedPupilIds: [] };
  stream.write({ message: { $case: 'directory', value } });
}

function answer(stream: Stream, taken: readonly Swipe[]): void {
  const results = taken.map(({ swipeId }) => ({ swipeId, outcome: SwipeOutcome.RECORDED }));
  stream.write({ message: { $case: 'results', value: { results } } });
}

const talk = (client: TerminalServiceClient) => {
  if (school === undefined) throw new Error('the town has schools');
  const pupilIds = pupils.map((pupil) => pupil.pupilId);
  return talkAsTerminal({
    client,
    municipalityId: 1,
    school,
    pupilIds,
    swipes,
    giveUpAfterMs: 10_000,
    onResults: () => undefined,
  });
};

test('no swipe is sent before every pupil is in the directory, and never more than the window', async () => {
  const half = Math.floor(pupils.length / 2);
  const ids = pupils.map((pupil) => pupil.pupilId);
  let isDirectoryWhole = false;
  let open = 0;
  let most = 0;
  const client = await platform((stream) => {
    stream.on('data', ({ message }: ConnectRequest) => {
      if (message?.$case === 'hello') {
        expect(stream.metadata.get('x-terminal-id')).toEqual([school?.terminalId]);
        expect(stream.metadata.get('x-terminal-key')).toEqual([school?.terminalKey]);
        welcome(stream, 30);
        tellDirectory(stream, ids.slice(0, half));
        setImmediate(() => {
          isDirectoryWhole = true;
          tellDirectory(stream, ids.slice(half));
        });
      }
      if (message?.$case === 'swipes') {
        expect(isDirectoryWhole).toBe(true);
        open += message.value.swipes.length;
        most = Math.max(most, open);
        setImmediate(() => {
          open -= message.value.swipes.length;
          answer(stream, message.value.swipes);
        });
      }
    });
    stream.on('end', () => stream.end());
  });
  expect(await talk(client)).toEqual(new Map([[SwipeOutcome.RECORDED, swipes.length]]));
  expect(most).toBeLessThanOrEqual(30);
});

test('what has no result when a stream breaks, or is sent elsewhere, goes over the next one; each counts once', async () => {
  const received = new Map<string, number>();
  const client = await platform((stream, streamNumber) => {
    stream.on('data', ({ message }: ConnectRequest) => {
      if (message?.$case === 'hello') {
        welcome(stream, 100);
        tellDirectory(
          stream,
          pupils.map((pupil) => pupil.pupilId),
        );
      }
      if (message?.$case !== 'swipes') return;
      for (const { swipeId } of message.value.swipes) received.set(swipeId, (received.get(swipeId) ?? 0) + 1);
      if (streamNumber === 1) {
        answer(stream, message.value.swipes.slice(0, 10));
        stream.emit('error', Object.assign(new Error('gone'), { code: status.UNAVAILABLE, details: 'gone' }));
        return;
      }
      if (streamNumber === 2) stream.write({ message: { $case: 'goElsewhere', value: {} } });
      answer(stream, message.value.swipes);
    });
    stream.on('end', () => stream.end());
  });
  expect(await talk(client)).toEqual(new Map([[SwipeOutcome.RECORDED, swipes.length]]));
  expect(received.size).toBe(swipes.length);
  expect(Math.max(...received.values())).toBe(2);
});

test('a terminal that is not let in says so at once', async () => {
  const client = await platform((stream) => {
    stream.emit('error', Object.assign(new Error('no'), { code: status.UNAUTHENTICATED, details: 'not known here' }));
  });
  await expect(talk(client)).rejects.toThrow(/not known here/);
});
