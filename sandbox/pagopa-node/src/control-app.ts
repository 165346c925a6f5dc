import { createHttpApp, finishHttpApp, HttpRefusal, type Logger } from '@campanella/service-kit';
import type { Express } from 'express';
import { z } from 'zod';
import type { Archive } from './archive.ts';
import { type Node, reasonOf } from './node.ts';

const Behaviour = z.strictObject({
  receiptDelayMs: z.int().min(0).max(600_000).optional(),
  receiptCopies: z.int().min(1).max(100).optional(),
  holdsReceipts: z.boolean().optional(),
  isAway: z.boolean().optional(),
});

const Payment = z.strictObject({
  fiscalCode: z.string().regex(/^\d{11}$/),
  noticeNumber: z.string().regex(/^\d{18}$/),
  version: z.union([z.literal(1), z.literal(2)]).default(2),
  transferType: z.enum(['POSTAL', 'PAGOPA']).optional(),
});

/**
 * Scripts the stand-in. It trusts whoever reaches it: its port belongs on loopback.
 *
 * - `GET /state` behaviour, receipts that nobody has taken yet, and the last exchanges with the creditor;
 * - `PATCH /behaviour` changes it; `POST /reset` back to normal;
 * - `GET /positions` what ACA and GPD keep and how it came to be; `PUT /positions/fault` makes both answer a status, null as they should;
 * - `POST /payments` pays a notice now; `POST /receipts/:receiptId/repeat` sends its receipt once more.
 */
export function controlApp({
  node,
  archive,
  logger,
}: {
  readonly node: Node;
  readonly archive: Archive;
  readonly logger: Logger;
}): Express {
  const app = createHttpApp({ logger, service: 'sandbox-pagopa-node' });
  app.get('/state', (_request, response) => {
    response.json({ behaviour: node.behaviour, owedReceipts: node.owedCount, exchanges: node.exchanges });
  });
  app.patch('/behaviour', (request, response) => {
    const wanted = parse(Behaviour, request.body);
    node.behaviour = {
      receiptDelayMs: wanted.receiptDelayMs ?? node.behaviour.receiptDelayMs,
      receiptCopies: wanted.receiptCopies ?? node.behaviour.receiptCopies,
      holdsReceipts: wanted.holdsReceipts ?? node.behaviour.holdsReceipts,
      isAway: wanted.isAway ?? node.behaviour.isAway,
    };
    response.json(node.behaviour);
  });
  app.get('/positions', (_request, response) => void response.json({ kept: archive.kept, changes: archive.changes }));
  app.put('/positions/fault', (request, response) => {
    archive.fault = parse(z.strictObject({ status: z.int().min(400).max(599).nullable() }), request.body).status;
    response.status(204).end();
  });
  app.post('/reset', (_request, response) => {
    node.reset();
    archive.fault = null;
    response.status(204).end();
  });
  app.post('/payments', async (request, response) => {
    const { fiscalCode, noticeNumber, version, transferType } = parse(Payment, request.body);
    try {
      response.json(await node.pay({ fiscalCode, noticeNumber }, { version, transferType }));
    } catch (cause) {
      throw new HttpRefusal(502, reasonOf(cause), 'the creditor did not answer as it should');
    }
  });
  app.post('/receipts/:receiptId/repeat', (request, response) => {
    if (!node.repeat(request.params.receiptId)) throw new HttpRefusal(404, 'unknown_receipt', 'no such receipt');
    response.status(202).end();
  });
  finishHttpApp(app);
  return app;
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HttpRefusal(422, 'invalid', z.prettifyError(parsed.error));
}
