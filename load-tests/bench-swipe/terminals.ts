import {
  type ConnectRequest,
  type ConnectResponse,
  type Swipe,
  SwipeOutcome,
  type SwipeResult,
  TerminalServiceClient,
} from '@campanella/proto/attendance/v1/terminal';
import { type ClientDuplexStream, credentials, Metadata, makeClientConstructor } from '@grpc/grpc-js';
import { NAIVE_SERVICE } from './naive-contract.ts';
import { type BenchTerminal, TERMINALS } from './town.ts';

/** Two hundred terminals that swipe; each swipe is answered once, as recorded, or the bench fails. */
export interface Terminals {
  /** Sends swipes of one terminal in one message; `onAnswer` is called for each. */
  send(terminal: number, swipes: readonly Swipe[], onAnswer: (swipeId: string) => void): void;
  close(): void;
}

/** Opens the streams of all terminals to the real attendance; they hold the directory already. */
export async function openStreams(
  address: string,
  key: string,
  directoryVersion: number,
  fail: (cause: Error) => void,
): Promise<Terminals> {
  const client = new TerminalServiceClient(address, credentials.createInsecure());
  const waiting = new Map<string, (swipeId: string) => void>();
  const onResult = ({ swipeId, outcome }: SwipeResult) => {
    const answer = waiting.get(swipeId);
    waiting.delete(swipeId);
    if (answer === undefined) fail(new Error('a result came that nobody waits for'));
    else if (outcome !== SwipeOutcome.RECORDED) fail(new Error(`a swipe was not recorded: outcome ${outcome}`));
    else answer(swipeId);
  };
  const streams = await Promise.all(
    TERMINALS.map((terminal) => openStream(client, terminal, key, directoryVersion, onResult, fail)),
  );
  return {
    send(terminal, swipes, onAnswer) {
      for (const swipe of swipes) waiting.set(swipe.swipeId, onAnswer);
      streams[terminal]?.write({ message: { $case: 'swipes', value: { swipes: [...swipes] } } });
    },
    close() {
      for (const stream of streams) stream.end();
      client.close();
    },
  };
}

function openStream(
  client: TerminalServiceClient,
  terminal: BenchTerminal,
  key: string,
  directoryVersion: number,
  onResult: (result: SwipeResult) => void,
  fail: (cause: Error) => void,
): Promise<ClientDuplexStream<ConnectRequest, ConnectResponse>> {
  const metadata = new Metadata();
  metadata.set('x-terminal-id', terminal.terminalId);
  metadata.set('x-terminal-key', key);
  const stream = client.connect(metadata);
  const { municipalityId, schoolId } = terminal;
  const hello = { municipalityId, schoolId, agentVersion: 'bench', agentClockMs: Date.now(), unsentCount: 0 };
  return new Promise((resolve) => {
    stream.on('error', fail);
    stream.on('data', ({ message }: ConnectResponse) => {
      if (message?.$case === 'results') for (const result of message.value.results) onResult(result);
      else if (message?.$case === 'welcome') resolve(stream);
    });
    stream.write({ message: { $case: 'hello', value: { ...hello, directoryVersion } } });
  });
}

/** The same terminals over the naive path: one unary call per swipe. */
export function openNaive(address: string, fail: (cause: Error) => void): Terminals {
  const Client = makeClientConstructor(NAIVE_SERVICE, 'NaiveTerminals');
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = NAIVE_SERVICE.record;
  return {
    send(terminal, swipes, onAnswer) {
      const metadata = new Metadata();
      metadata.set('x-municipality-id', String(TERMINALS[terminal]?.municipalityId ?? 0));
      for (const swipe of swipes) {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, swipe, metadata, (cause, result) => {
          if (cause !== null) fail(cause);
          else if (result?.outcome !== SwipeOutcome.RECORDED)
            fail(new Error(`not recorded: outcome ${result?.outcome}`));
          else onAnswer(swipe.swipeId);
        });
      }
    },
    close: () => client.close(),
  };
}
