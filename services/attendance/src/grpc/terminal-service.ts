import {
  type ConnectRequest,
  type ConnectResponse,
  type DirectoryUpdate,
  type Hello,
  SwipeOutcome,
  type TerminalServiceServer,
} from '@campanella/proto/attendance/v1/terminal';
import { GrpcRefusal, gauge, type Logger, toGrpcStatus } from '@campanella/service-kit';
import { parseId, type ServiceDate, serviceDateAt, type TerminalId } from '@campanella/vocabulary';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { DirectoryMemory, SchoolDelta } from '../app/directory-memory.ts';
import type { SwipeAnswer } from '../app/record-swipes.ts';
import type { AnsweredSwipe, SwipeGatherer, SwipeSource } from '../app/swipe-gatherer.ts';
import type { ConnectedTerminal, TerminalRoom } from '../app/terminal-directory.ts';
import { proveTerminal, type TerminalStore } from '../app/terminals.ts';
import { dietOn, type Pupil } from '../domain/directory.ts';
import type { Terminal } from '../domain/swipe.ts';

/** Most swipes that a terminal may have without a result on one stream. */
export const WINDOW_MAX = 400;
/** Most swipes in one message. */
export const SWIPES_PER_MESSAGE_MAX = 200;
/** Pupils in one page of the directory: some 60 kB. */
const PUPILS_PER_PAGE = 200;
/** How long a stream may be open without a Hello. */
const HELLO_WITHIN_MS = 10_000;

type Stream = ServerDuplexStream<ConnectRequest, ConnectResponse>;

/** What a terminal is told; a new answer does not compile until someone decides how it crosses the wire. */
const OUTCOME: Record<SwipeAnswer, SwipeOutcome> = {
  recorded: SwipeOutcome.RECORDED,
  recorded_over_limit: SwipeOutcome.RECORDED_OVER_LIMIT,
  second_of_day: SwipeOutcome.SECOND_OF_DAY,
  unknown_badge: SwipeOutcome.UNKNOWN_BADGE,
  blocked_badge: SwipeOutcome.BLOCKED_BADGE,
  expired_badge: SwipeOutcome.EXPIRED_BADGE,
  not_enrolled: SwipeOutcome.NOT_ENROLLED,
  no_price: SwipeOutcome.NOT_ENROLLED,
  dated_in_future: SwipeOutcome.DATED_IN_FUTURE,
  too_old: SwipeOutcome.TOO_OLD,
  wrong_service_date: SwipeOutcome.WRONG_SERVICE_DATE,
  malformed: SwipeOutcome.MALFORMED,
  content_differs: SwipeOutcome.CONTENT_DIFFERS,
};

/** What the terminals' streams need. */
export interface TerminalServiceDeps {
  readonly terminals: TerminalStore;
  readonly memory: DirectoryMemory;
  readonly room: TerminalRoom;
  readonly gatherer: SwipeGatherer;
  readonly clock: { now(): Date };
  readonly logger: Logger;
}

const connected = gauge('campanella_attendance_terminals_count', 'Terminals connected to this process', []);

/** Serves the stream between a terminal and the platform; see the contract for what it promises. */
export function terminalService(deps: TerminalServiceDeps): TerminalServiceServer {
  return {
    connect(stream: Stream) {
      // An 'error' without a listener would end the process; 'close' follows and does the cleaning.
      stream.on('error', () => {});
      stream.pause();
      authenticate(deps, stream).then(
        (terminal) => serve(deps, stream, terminal),
        (cause: unknown) => refuseStream(deps, stream, cause),
      );
    },
  };
}

async function authenticate(deps: TerminalServiceDeps, stream: Stream): Promise<Terminal> {
  const terminalId = parseId<TerminalId>(String(stream.metadata.get('x-terminal-id')[0] ?? ''));
  const key = String(stream.metadata.get('x-terminal-key')[0] ?? '');
  const terminal = terminalId === null ? null : await proveTerminal(deps.terminals, terminalId, key);
  if (terminal !== null) return terminal;
  // One sentence for unknown, disabled and wrongly keyed, so that nobody learns which terminals exist.
  throw new GrpcRefusal(
    status.UNAUTHENTICATED,
    'unknown_terminal',
    'this terminal is not known here or its key is wrong: register it again at the municipal office and copy id and key to its configuration',
  );
}

function refuseStream(deps: TerminalServiceDeps, stream: Stream, cause: unknown): void {
  if (!(cause instanceof GrpcRefusal)) deps.logger.error({ err: cause }, 'terminal stream failed');
  const fault = cause instanceof GrpcRefusal ? cause : unavailable();
  stream.emit('error', Object.assign(new Error(fault.message), toGrpcStatus(fault)));
}

function unavailable(): GrpcRefusal {
  return new GrpcRefusal(status.UNAVAILABLE, 'unavailable', 'attendance cannot read its database: try again');
}

/** One terminal's stream from its proven identity to its end. */
function serve(deps: TerminalServiceDeps, stream: Stream, terminal: Terminal): void {
  if (stream.cancelled || stream.destroyed) return;
  let isEnded = false;
  let isGreeted = false;
  const write = (message: NonNullable<ConnectResponse['message']>): void => {
    if (!isEnded && !stream.destroyed) stream.write({ message });
  };
  const source = deps.gatherer.open((answers) => {
    write({ $case: 'results', value: { results: answers.map(toResult) } });
    if (source.unansweredCount < WINDOW_MAX / 2 && stream.isPaused() && !isEnded) stream.resume();
    if (isHalfClosed) endWhenAnswered();
  });
  const seat = seatOf(terminal, deps.clock, write, (cause) => fail(cause));
  let isHalfClosed = false;

  const leave = (): void => {
    if (isEnded) return;
    isEnded = true;
    clearTimeout(hello);
    source.close();
    deps.room.leave(seat);
    connected.set(deps.room.size);
  };
  const fail = (cause: unknown): void => {
    if (isEnded) return;
    leave();
    refuseStream(deps, stream, cause);
  };
  const endWhenAnswered = (): void => {
    if (isEnded || source.unansweredCount > 0) return;
    leave();
    stream.end();
  };
  const hello = setTimeout(() => fail(malformed('the first message must be a Hello, within 10 s')), HELLO_WITHIN_MS);

  stream.on('data', (request: ConnectRequest) => {
    if (isEnded) return;
    try {
      if (!isGreeted) {
        greet(deps, seat, terminal, request, write);
        isGreeted = true;
        clearTimeout(hello);
      } else take(deps, { stream, source, seat, terminal, write }, request);
    } catch (cause) {
      fail(cause);
    }
  });
  stream.on('end', () => {
    isHalfClosed = true;
    endWhenAnswered();
  });
  stream.on('cancelled', leave);
  stream.on('close', leave);
  deps.room.enter(seat);
  connected.set(deps.room.size);
  stream.resume();
}

type Write = (message: NonNullable<ConnectResponse['message']>) => void;

function seatOf(
  terminal: Terminal,
  clock: { now(): Date },
  write: Write,
  fail: (cause: unknown) => void,
): ConnectedTerminal {
  return {
    terminalId: terminal.terminalId,
    municipalityId: terminal.municipalityId,
    schoolId: terminal.schoolId,
    directoryVersion: null,
    tell: (delta) => writeDelta(delta, serviceDateAt(clock.now()), write),
    shutOut: () =>
      fail(
        new GrpcRefusal(
          status.UNAUTHENTICATED,
          'disabled_terminal',
          'this terminal was disabled by the municipal office: register it again there',
        ),
      ),
    sendElsewhere: () => write({ $case: 'goElsewhere', value: {} }),
  };
}

function greet(
  deps: TerminalServiceDeps,
  seat: ConnectedTerminal,
  terminal: Terminal,
  { message }: ConnectRequest,
  write: Write,
): void {
  if (message?.$case !== 'hello') throw malformed('the first message must be a Hello');
  checkPlace(message.value, terminal);
  const state = deps.memory.state(terminal.municipalityId);
  write({
    $case: 'welcome',
    value: {
      terminalName: terminal.name,
      schoolName: state?.schools.get(terminal.schoolId) ?? '',
      municipalityName: state?.name ?? '',
      platformClockMs: deps.clock.now().getTime(),
      windowMax: WINDOW_MAX,
    },
  });
  seat.directoryVersion = message.value.directoryVersion;
  deps.room.bringUpToDate(seat);
  if (deps.room.isDraining) seat.sendElsewhere();
}

function checkPlace(hello: Hello, terminal: Terminal): void {
  if (hello.municipalityId !== terminal.municipalityId) {
    throw new GrpcRefusal(
      status.PERMISSION_DENIED,
      'wrong_municipality',
      'this terminal is registered for another municipality: correct municipality_id in its configuration',
    );
  }
  if (hello.schoolId !== terminal.schoolId) {
    throw new GrpcRefusal(
      status.PERMISSION_DENIED,
      'wrong_school',
      'this terminal is registered for another school: correct school_id in its configuration, or have the office move it',
    );
  }
}

interface Conversation {
  readonly stream: Stream;
  readonly source: SwipeSource;
  readonly seat: ConnectedTerminal;
  readonly terminal: Terminal;
  readonly write: Write;
}

function take(deps: TerminalServiceDeps, talk: Conversation, { message }: ConnectRequest): void {
  switch (message?.$case) {
    case 'swipes': {
      const { swipes } = message.value;
      if (swipes.length > SWIPES_PER_MESSAGE_MAX) {
        throw malformed(`a message holds at most ${SWIPES_PER_MESSAGE_MAX} swipes`);
      }
      talk.source.submit(swipes.map((raw) => ({ terminal: talk.terminal, raw })));
      // A terminal that sends more than its window, or does not read its results, is not read: TCP holds the rest there.
      if (talk.source.unansweredCount >= WINDOW_MAX) talk.stream.pause();
      else if (talk.stream.writableNeedDrain) pauseUntilDrained(talk.stream);
      return;
    }
    case 'heartbeat':
      talk.write({
        $case: 'heartbeatAnswer',
        value: { agentClockMs: message.value.agentClockMs, platformClockMs: deps.clock.now().getTime() },
      });
      return;
    case 'directoryRequest':
      talk.seat.directoryVersion = message.value.afterVersion;
      deps.room.bringUpToDate(talk.seat);
      return;
    case 'hello':
      throw malformed('a stream has one Hello');
    default:
      // A message of a newer agent: what we do not know we do not answer.
      return;
  }
}

function pauseUntilDrained(stream: Stream): void {
  stream.pause();
  stream.once('drain', () => stream.resume());
}

function toResult({ swipeId, answer }: AnsweredSwipe) {
  return { swipeId, outcome: OUTCOME[answer] };
}

function malformed(message: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'malformed', message);
}

function writeDelta(delta: SchoolDelta, today: ServiceDate, write: Write): void {
  const pages = Math.max(1, Math.ceil(delta.pupils.length / PUPILS_PER_PAGE));
  for (let page = 0; page < pages; page += 1) {
    const isLast = page === pages - 1;
    const value: DirectoryUpdate = {
      version: delta.version,
      snapshot: delta.isSnapshot,
      lastPage: isLast,
      pupils: delta.pupils
        .slice(page * PUPILS_PER_PAGE, (page + 1) * PUPILS_PER_PAGE)
        .map((pupil) => toMessage(pupil, today)),
      removedPupilIds: isLast ? [...delta.removedPupilIds] : [],
    };
    write({ $case: 'directory', value });
  }
}

function toMessage(pupil: Pupil, today: ServiceDate): DirectoryUpdate['pupils'][number] {
  return {
    pupilId: pupil.pupilId,
    displayName: pupil.displayName,
    className: pupil.className,
    dietCode: dietOn(pupil.diets, today),
    diets: pupil.diets.map(({ dietCode, validity }) => ({
      dietCode,
      validFrom: validity.from,
      validUntil: validity.until ?? '',
    })),
    badges: pupil.badges.map(({ badgeNumber, blocked, validity }) => ({
      badgeNumber,
      blocked,
      validFrom: validity.from,
      validUntil: validity.until ?? '',
    })),
    enrolments: pupil.enrolments.map(({ service, validity }) => ({
      service,
      validFrom: validity.from,
      validUntil: validity.until ?? '',
    })),
  };
}
