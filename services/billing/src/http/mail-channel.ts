import { createTransport } from 'nodemailer';
import { type Channel, Undeliverable } from '../app/send-notifications.ts';

const WITHIN_MS = 10_000;
const REFUSED_FROM = 500;

/**
 * Mail by SMTP, to where the enrolment's invoices go: to nobody whose address is not known.
 *
 * @param url `smtp://` or `smtps://`, with user and password where the server wants them
 */
export function mailChannel({ url, from }: { readonly url: string; readonly from: string }): Channel {
  const transport = createTransport({
    url,
    ...{ connectionTimeout: WITHIN_MS, greetingTimeout: WITHIN_MS, socketTimeout: WITHIN_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const domain = from.slice(from.lastIndexOf('@') + 1).replace('>', '');
  return {
    async send({ email }, { subject, body: text }, messageId) {
      if (email === null) return false;
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: email },
          subject,
          text,
          messageId: `<${messageId}@${domain}>`,
        });
        return true;
      } catch (cause) {
        const code: unknown = cause instanceof Error && 'responseCode' in cause ? cause.responseCode : undefined;
        // Without its cause: the server's own words may hold the address, and this is logged.
        const said = `the mail server answered ${typeof code === 'number' ? code : 'nothing'}`;
        if (typeof code === 'number' && code >= REFUSED_FROM) throw new Undeliverable(said);
        throw new Error(said);
      }
    },
  };
}
