import type { Part } from '@campanella/service-kit';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { keep, type Mailbox } from './mailbox.ts';

const BYTES_MAX = 1_000_000;
const CODE = { away: 451, refuses: 550 } as const;

/** Takes mail by SMTP and keeps it. */
export function mailServer(mailbox: Mailbox, at: { readonly host: string; readonly port: number }): Part {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: BYTES_MAX,
    onRcptTo(_address, _session, callback) {
      if (mailbox.mail === 'takes') return callback();
      callback(Object.assign(new Error('not taken'), { responseCode: CODE[mailbox.mail] }));
    },
    onData(stream, session, callback) {
      simpleParser(stream).then((mail) => {
        for (const { address } of session.envelope.rcptTo) {
          const { subject = '', text = '', messageId = null } = mail;
          keep(mailbox, { channel: 'mail', to: address, subject, body: text, messageId });
        }
        callback();
      }, callback);
    },
  });
  return {
    name: 'mail',
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(at.port, at.host, () => resolve());
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
