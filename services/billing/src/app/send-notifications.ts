import type { MunicipalityId } from '@campanella/vocabulary';
import { ATTEMPTS_MAX, type NotificationText, notificationText, waitAfter } from '../domain/notification.ts';
import type { Clock, CreditorStore, NotificationStore, Payer, Payers, WaitingNotification } from './ports.ts';

/** Messages sent in one look. */
const ROUND_MAX = 50;
/** Until when nobody else sends a message that somebody has taken to send. */
const CLAIM_MS = 60_000;

/** A way to a citizen. */
export interface Channel {
  /** False where the citizen cannot be reached by it. @throws Undeliverable for what will never be taken; another Error: again later */
  send(to: Payer, text: NotificationText, messageId: string): Promise<boolean>;
}

/** The other side refused the message itself: sent again it would be refused again. */
export class Undeliverable extends Error {}

export interface SendDeps {
  readonly notifications: Pick<NotificationStore, 'claim' | 'end' | 'postpone'>;
  readonly creditors: Pick<CreditorStore, 'findCreditor'>;
  readonly payers: Pick<Payers, 'find'>;
  /** Null for a channel that this installation does not have. */
  readonly channels: Readonly<Record<WaitingNotification['channel'], Channel | null>>;
  readonly clock: Clock;
  readonly onParked: (notification: WaitingNotification, fault: unknown) => void;
}

/**
 * Sends what waits to be sent. A message belongs to one fact and channel, and bears an id that is made of them: sent again after a kill between the
 * sending and its note, it is the same message. What fails is tried again, ever later; what is refused, or failed too often, is parked.
 *
 * @returns how many were looked at
 */
export async function sendNotifications(deps: SendDeps): Promise<number> {
  const now = deps.clock.now();
  const taken = await deps.notifications.claim(now, new Date(now.getTime() + CLAIM_MS), ROUND_MAX);
  for (const notification of taken) await sendOne(deps, notification);
  return taken.length;
}

async function sendOne(deps: SendDeps, notification: WaitingNotification): Promise<void> {
  const { municipalityId, kind, subjectId, channel, pupilId, service, attempts } = notification;
  const end = (state: 'sent' | 'nowhere' | 'parked', reason: string | null) =>
    deps.notifications.end(notification, state, reason, deps.clock.now());
  try {
    const way = deps.channels[channel];
    const creditor = await deps.creditors.findCreditor(municipalityId);
    const payer = way === null ? null : await deps.payers.find(municipalityId, pupilId, service);
    if (way === null || creditor === null || payer === null) return await end('nowhere', null);
    const text = notificationText(kind, creditor.companyName, creditor.portalUrl);
    const isSent = await way.send(payer, text, messageIdOf(municipalityId, kind, subjectId));
    await end(isSent ? 'sent' : 'nowhere', null);
  } catch (fault) {
    if (fault instanceof Undeliverable || attempts >= ATTEMPTS_MAX) {
      deps.onParked(notification, fault);
      return end('parked', fault instanceof Error ? fault.message.slice(0, 300) : null);
    }
    await deps.notifications.postpone(notification, new Date(deps.clock.now().getTime() + waitAfter(attempts)));
  }
}

function messageIdOf(municipalityId: MunicipalityId, kind: string, subjectId: string): string {
  return `${kind}.${municipalityId}.${subjectId}`;
}
