export { type Bus, EVENTS_EXCHANGE, type OutgoingMessage, openBus, publishConfirmed } from './bus.ts';
export {
  type ConsumersOptions,
  consumer,
  consumers,
  deadQueueOf,
  type EventConsumer,
  REASON_HEADER,
} from './consumers.ts';
export { appendEvent, type OutgoingEvent, outboxRelay } from './outbox.ts';
export { singleActive } from './single-active.ts';
