import { Swipe, SwipeResult } from '@campanella/proto/attendance/v1/terminal';
import type { ServiceDefinition } from '@grpc/grpc-js';

/** The comparison's contract: one unary call per swipe, with the messages of the real one. */
export const NAIVE_SERVICE = {
  record: {
    path: '/campanella.bench.NaiveTerminals/Record',
    requestStream: false,
    responseStream: false,
    requestSerialize: (swipe: Swipe) => Buffer.from(Swipe.encode(swipe).finish()),
    requestDeserialize: (bytes: Buffer) => Swipe.decode(bytes),
    responseSerialize: (result: SwipeResult) => Buffer.from(SwipeResult.encode(result).finish()),
    responseDeserialize: (bytes: Buffer) => SwipeResult.decode(bytes),
  },
} satisfies ServiceDefinition;
