import { createHttpApp, finishHttpApp, type Logger } from '@campanella/service-kit';
import type { Express } from 'express';
import { z } from 'zod';
import { keep, type Mailbox } from './mailbox.ts';
import { messagesPage, PAGE_HEADERS } from './page.ts';

const FiscalCode = z.string().regex(/^[A-Z0-9]{16}$/);
const Profile = z.object({ fiscal_code: FiscalCode });
const Sent = z.object({
  fiscal_code: FiscalCode,
  content: z.object({ subject: z.string().min(10).max(120), markdown: z.string().min(80).max(10_000) }),
});
const Manner = z.enum(['takes', 'away', 'refuses']);
const Behaviour = z.strictObject({
  mail: Manner.optional(),
  appIo: Manner.optional(),
  deaf: z.array(FiscalCode).optional(),
});
const STATUS = { away: 503, refuses: 400 } as const;

/** The App IO's message API, and the messages for whoever looks. It trusts whoever reaches it: its port belongs on loopback. */
export function httpApp({ mailbox, key, logger }: { mailbox: Mailbox; key: string; logger: Logger }): Express {
  const app = createHttpApp({ logger, service: 'sandbox-messages' });
  app.get('/', (_request, response) => void response.set(PAGE_HEADERS).type('html').send(messagesPage(mailbox)));
  app.get('/messages', (_request, response) => void response.json({ messages: mailbox.messages }));
  app.patch('/behaviour', (request, response) => {
    const wanted = Behaviour.safeParse(request.body);
    if (!wanted.success) return void response.status(422).json({ kind: 'malformed' });
    mailbox.mail = wanted.data.mail ?? mailbox.mail;
    mailbox.appIo = wanted.data.appIo ?? mailbox.appIo;
    mailbox.deaf = wanted.data.deaf ?? mailbox.deaf;
    response.status(204).end();
  });
  app.use('/app-io', (request, response, next) => {
    if (request.headers['ocp-apim-subscription-key'] !== key) return void response.status(401).end();
    if (mailbox.appIo !== 'takes') return void response.status(STATUS[mailbox.appIo]).end();
    next();
  });
  app.post('/app-io/profiles', (request, response) => {
    const asked = Profile.safeParse(request.body);
    if (!asked.success) return void response.status(400).end();
    response.json({ sender_allowed: !mailbox.deaf.includes(asked.data.fiscal_code) });
  });
  app.post('/app-io/messages', (request, response) => {
    const sent = Sent.safeParse(request.body);
    if (!sent.success) return void response.status(400).end();
    const { fiscal_code: to, content } = sent.data;
    if (mailbox.deaf.includes(to)) return void response.status(403).end();
    keep(mailbox, { channel: 'app_io', to, subject: content.subject, body: content.markdown, messageId: null });
    response.status(201).json({ id: String(mailbox.messages.length) });
  });
  finishHttpApp(app);
  return app;
}
