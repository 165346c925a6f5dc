import {
  type ConnectRequest,
  type ConnectResponse,
  type DirectoryUpdate,
  type Swipe,
  SwipeOutcome,
  type SwipeResult,
  TerminalServiceService,
} from '@campanella/proto/attendance/v1/terminal';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';

type Stream = ServerDuplexStream<ConnectRequest, ConnectResponse>;

/** How results travel: as they should, or as a bad day has it. */
export type Answers = 'prompt' | 'never' | 'twice' | 'reversed' | 'half_lost';

/** Attendance in memory over a real socket: it stores what it gets once, and answers as a test wants it. */
export class AttendanceStandIn {
  answers: Answers = 'prompt';
  windowMax = 500;
  clockAheadMs = 0;
  isDeaf = false;
  terminalKey = 'a key of twenty chars';
  directory: DirectoryUpdate[] = [];
  /** In the order in which each was first stored. */
  readonly stored = new Map<string, Swipe>();
  readonly secondOfDay = new Set<string>();
  /** How many swipes each message held. */
  readonly batches: number[] = [];
  readonly streams = new Set<Stream>();
  streamsOpened = 0;
  heartbeats = 0;
  lastHello: { directoryVersion: number; unsentCount: number } | null = null;
  #server: Server | null = null;
  #port = 0;

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get storedIds(): string[] {
    return [...this.stored.keys()];
  }

  /** Listens; after a kill on the same port again, with what it had stored. */
  async start(): Promise<void> {
    const server = new Server();
    server.addService(TerminalServiceService, { connect: (stream: Stream) => this.#converse(stream) });
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), (cause, port) =>
        cause === null ? resolve(port) : reject(cause),
      );
    });
    this.#server = server;
  }

  /** Gone from one moment to the next, as a killed process. */
  async kill(): Promise<void> {
    this.streams.clear();
    this.#server?.forceShutdown();
    this.#server = null;
  }

  breakStreams(): void {
    for (const stream of this.streams) stream.emit('error', { code: status.UNAVAILABLE, details: 'broken on purpose' });
    this.streams.clear();
  }

  drain(): void {
    for (const stream of this.streams) stream.write({ message: { $case: 'goElsewhere', value: {} } });
  }

  send(update: DirectoryUpdate): void {
    for (const stream of this.streams) stream.write({ message: { $case: 'directory', value: update } });
  }

  #converse(stream: Stream): void {
    this.streamsOpened += 1;
    if (stream.metadata.get('x-terminal-key')[0] !== this.terminalKey) {
      stream.emit('error', { code: status.UNAUTHENTICATED, details: 'unknown terminal' });
      return;
    }
    this.streams.add(stream);
    stream.on('data', ({ message }: ConnectRequest) => this.#receive(stream, message));
    stream.on('error', () => this.streams.delete(stream));
    stream.on('end', () => {
      this.streams.delete(stream);
      stream.end();
    });
    stream.on('cancelled', () => this.streams.delete(stream));
  }

  #receive(stream: Stream, message: ConnectRequest['message']): void {
    if (this.isDeaf) return;
    const platformClockMs = Date.now() + this.clockAheadMs;
    switch (message?.$case) {
      case 'hello': {
        this.lastHello = message.value;
        const names = { terminalName: 'Mensa 1', schoolName: 'Scuola Inventata', municipalityName: 'Vallefinta' };
        stream.write({
          message: { $case: 'welcome', value: { ...names, platformClockMs, windowMax: this.windowMax } },
        });
        for (const value of this.directory) stream.write({ message: { $case: 'directory', value } });
        return;
      }
      case 'heartbeat': {
        this.heartbeats += 1;
        const { agentClockMs } = message.value;
        stream.write({ message: { $case: 'heartbeatAnswer', value: { agentClockMs, platformClockMs } } });
        return;
      }
      case 'swipes':
        this.#store(stream, message.value.swipes);
    }
  }

  #store(stream: Stream, swipes: readonly Swipe[]): void {
    this.batches.push(swipes.length);
    const results = swipes.map((swipe): SwipeResult => {
      if (!this.stored.has(swipe.swipeId)) this.stored.set(swipe.swipeId, swipe);
      const isSecond = this.secondOfDay.has(swipe.badgeNumber);
      return { swipeId: swipe.swipeId, outcome: isSecond ? SwipeOutcome.SECOND_OF_DAY : SwipeOutcome.RECORDED };
    });
    const answer = (some: readonly SwipeResult[]): void => {
      if (some.length > 0) stream.write({ message: { $case: 'results', value: { results: [...some] } } });
    };
    switch (this.answers) {
      case 'never':
        return;
      case 'twice':
        answer(results);
        answer(results);
        return;
      case 'reversed':
        for (const result of results.toReversed()) answer([result]);
        return;
      case 'half_lost':
        answer(results.filter((_result, at) => at % 2 === 0));
        return;
      case 'prompt':
        answer(results);
    }
  }
}
