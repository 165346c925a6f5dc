import type { PostTransfersRequest, PostTransfersResponse, TransferOutcome } from '@campanella/proto/ledger/v1/ledger';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { AskedTransfer, Posting } from '../app/post-transfers.ts';
import { parseTransfer, toOutcome } from './transfer-messages.ts';

/** Most transfers taken from one message. */
export const TRANSFERS_IN_MESSAGE_MAX = 256;
/** Transfers of one stream under way above which nothing more is read from it. */
const STREAM_UNDER_WAY_MAX = 4_096;

type Call = ServerDuplexStream<PostTransfersRequest, PostTransfersResponse>;

/** The open streams of transfers, so that a stop can send them elsewhere. */
export class TransferStreams {
  readonly #posting: Posting;
  readonly #calls = new Set<Call>();

  constructor(posting: Posting) {
    this.#posting = posting;
  }

  /** Serves one stream until its caller ends it; outcomes of one turn of the event loop leave in one message. */
  serve(call: Call): void {
    const posting = this.#posting;
    const calls = this.#calls;
    let underWay = 0;
    let isEnded = false;
    let outcomes: TransferOutcome[] = [];
    calls.add(call);

    const flush = () => {
      const message = { outcomes, goElsewhere: false };
      outcomes = [];
      if (call.cancelled || message.outcomes.length === 0) return;
      // A caller that does not read its outcomes is not read from either.
      if (!call.write(message)) {
        call.pause();
        call.once('drain', () => call.resume());
      }
      endIfDone();
    };
    const endIfDone = () => {
      if (isEnded && underWay === 0 && outcomes.length === 0) call.end();
    };
    const answer = (outcome: TransferOutcome) => {
      underWay -= 1;
      if (outcomes.push(outcome) === 1) setImmediate(flush);
      if (underWay === STREAM_UNDER_WAY_MAX - TRANSFERS_IN_MESSAGE_MAX) call.resume();
    };
    call.on('data', ({ transfers }: PostTransfersRequest) => {
      underWay += transfers.length;
      if (underWay > STREAM_UNDER_WAY_MAX) call.pause();
      if (transfers.length > TRANSFERS_IN_MESSAGE_MAX) {
        for (const { transferId } of transfers) answer(toOutcome(transferId, TOO_MANY));
        return;
      }
      const asked: AskedTransfer[] = [];
      for (const message of transfers) {
        const parsed = parseTransfer(message);
        if (parsed.ok) asked.push({ transfer: parsed.value, isRetry: message.retry });
        else answer(toOutcome(message.transferId, { kind: 'refused', refusal: parsed.refusal }));
      }
      void posting.post(asked, (index, one) => answer(toOutcome(asked[index]?.transfer.transferId ?? '', one)));
    });
    call.on('end', () => {
      isEnded = true;
      endIfDone();
    });
    const forget = () => calls.delete(call);
    call.on('error', forget);
    call.on('close', forget);
    call.on('cancelled', forget);
  }

  /** Tells every caller to open its stream elsewhere. */
  sendElsewhere(): void {
    for (const call of this.#calls) if (!call.cancelled) call.write({ outcomes: [], goElsewhere: true });
  }
}

const TOO_MANY = { kind: 'unavailable', reason: `at most ${TRANSFERS_IN_MESSAGE_MAX} transfers a message` } as const;
