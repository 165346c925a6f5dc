/** A message that was taken. */
export interface Message {
  readonly channel: 'mail' | 'app_io';
  /** An address, or a codice fiscale. */
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  /** Of a mail. */
  readonly messageId: string | null;
  readonly takenAt: string;
}

/** takes; away: try again later; refuses: for good. */
export type Manner = 'takes' | 'away' | 'refuses';

/** What came, and how those who come are treated. */
export interface Mailbox {
  readonly messages: Message[];
  mail: Manner;
  appIo: Manner;
  /** Codici fiscali that receive nothing by App IO. */
  deaf: readonly string[];
}

const KEPT_MAX = 500;

export function openMailbox(): Mailbox {
  return { messages: [], mail: 'takes', appIo: 'takes', deaf: [] };
}

/** Keeps a message; the oldest goes when there are too many. */
export function keep(mailbox: Mailbox, message: Omit<Message, 'takenAt'>): void {
  mailbox.messages.push({ ...message, takenAt: new Date().toISOString() });
  if (mailbox.messages.length > KEPT_MAX) mailbox.messages.shift();
}
