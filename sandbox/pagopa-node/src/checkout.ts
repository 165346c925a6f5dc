import { randomUUID } from 'node:crypto';
import express, { type Express, type Response } from 'express';
import { z } from 'zod';
import { centsOf, type Notice } from './creditor.ts';
import { type Node, reasonOf } from './node.ts';
import { checkoutPage, deskPage, messagePage, PAGE_HEADERS, type Shown, STYLE, STYLE_PATH } from './pages.ts';
import { refusalText, TEXT } from './texts.ts';

const notice = z.object({
  noticeNumber: z.string().regex(/^\d{18}$/),
  fiscalCode: z.string().regex(/^\d{11}$/),
  amount: z.int().min(1).max(99_999_999_999),
  companyName: z.string().min(1).max(140),
  description: z.string().min(1).max(140),
});

const Cart = z.object({
  emailNotice: z.email().optional(),
  paymentNotices: z.array(notice).min(1).max(5),
  returnUrls: z.object({
    returnOkUrl: z.url(),
    returnCancelUrl: z.url(),
    returnErrorUrl: z.url(),
    returnWaitingUrl: z.url(),
  }),
  idCart: z.string().max(210).optional(),
  allCCP: z.boolean().optional(),
});

type Cart = z.output<typeof Cart>;

const CARTS_MAX = 10_000;

/**
 * Checkout as a creditor uses it (`POST /checkout/ec/v2/carts`, answered 302), its page for whoever pays, and a desk where any notice is paid by
 * its number.
 */
export function checkoutRoutes(
  app: Express,
  options: { readonly node: Node; readonly key: string; readonly base: string },
): void {
  const { node, key, base } = options;
  const carts = new Map<string, Cart>();
  const form = express.urlencoded({ extended: false, limit: '16kb' });

  app.get(STYLE_PATH, (_request, response) => {
    response.type('css').set('cache-control', 'no-cache').send(STYLE);
  });

  app.post('/checkout/ec/v2/carts', express.json({ limit: '64kb' }), (request, response) => {
    if (request.get('ocp-apim-subscription-key') !== key) return problem(response, 401, 'Unauthorized', 'wrong key');
    if (node.behaviour.isAway) return problem(response, 503, 'Service Unavailable', 'scripted');
    const cart = Cart.safeParse(request.body);
    if (!cart.success) return problem(response, 400, 'Bad Request', z.prettifyError(cart.error));
    if (carts.size >= CARTS_MAX) return problem(response, 500, 'Internal Server Error', 'too many carts');
    const id = randomUUID();
    carts.set(id, cart.data);
    response.redirect(302, `${base}/checkout/${id}`);
  });

  app.get('/checkout/:cart', async (request, response) => {
    const cart = carts.get(request.params.cart);
    if (cart === undefined) return send(response.status(404), messagePage(TEXT.checkoutTitle, TEXT.unknownCart, null));
    const found = await lookAll(node, cart);
    const shown = found.notices.length > 0 ? found.notices : cart.paymentNotices.map(toShown);
    send(response, checkoutPage(`/checkout/${request.params.cart}`, shown, found.said));
  });

  app.post('/checkout/:cart', form, async (request, response) => {
    const cart = carts.get(request.params.cart);
    if (cart === undefined) return send(response.status(404), messagePage(TEXT.checkoutTitle, TEXT.unknownCart, null));
    const outcome = z.enum(['ok', 'waiting', 'error', 'cancel']).safeParse(request.body?.outcome).data ?? 'cancel';
    const { returnUrls } = cart;
    if (outcome === 'cancel') return leave(returnUrls.returnCancelUrl);
    if (outcome === 'error') return leave(returnUrls.returnErrorUrl);
    const paid = await payAll(node, cart);
    if (!paid) return leave(returnUrls.returnErrorUrl);
    return leave(outcome === 'ok' ? returnUrls.returnOkUrl : returnUrls.returnWaitingUrl);

    function leave(url: string): void {
      carts.delete(request.params.cart);
      response.set(PAGE_HEADERS).redirect(303, url);
    }
  });

  app.get('/sportello', (_request, response) => send(response, deskPage(null, null)));

  app.post('/sportello', form, async (request, response) => {
    const asked = readNotice(request.body);
    if (asked === null) return send(response.status(422), deskPage(null, refusalText('PAA_PAGAMENTO_SCONOSCIUTO')));
    const looked = await look(node, asked);
    if (typeof looked === 'string') return send(response, deskPage(null, looked));
    send(response, deskPage({ notice: looked, fiscalCode: asked.fiscalCode }, null));
  });

  app.post('/sportello/pagamento', form, async (request, response) => {
    const asked = readNotice(request.body);
    if (asked === null) return send(response.status(422), deskPage(null, refusalText('PAA_PAGAMENTO_SCONOSCIUTO')));
    const back = { href: '/sportello', label: TEXT.again };
    const text = await payText(node, asked);
    send(response, messagePage(TEXT.deskTitle, text, back));
  });
}

async function payText(node: Node, asked: Notice): Promise<string> {
  try {
    const payment = await node.pay(asked, { version: 2, transferType: 'PAGOPA' });
    if (payment.kind === 'locked') return TEXT.locked;
    return payment.kind === 'paid' ? TEXT.paid : refusalText(payment.faultCode);
  } catch (cause) {
    return refusalText(reasonOf(cause));
  }
}

/** Pays every notice; false where one could not be paid, and then nothing after it was. */
async function payAll(node: Node, cart: Cart): Promise<boolean> {
  for (const one of cart.paymentNotices) {
    const payment = await node
      .pay(toNotice(one), { version: 2, transferType: 'PAGOPA' }, cart.idCart)
      .catch(() => null);
    if (payment?.kind !== 'paid') return false;
  }
  return true;
}

async function lookAll(node: Node, cart: Cart): Promise<{ notices: Shown[]; said: string | null }> {
  const looked = await Promise.all(cart.paymentNotices.map((one) => look(node, toNotice(one))));
  const notices = looked.flatMap((one) => (typeof one === 'string' ? [] : [one]));
  return { notices, said: looked.find((one) => typeof one === 'string') ?? null };
}

/** A notice with what is due now, or why it cannot be paid. */
async function look(node: Node, asked: Notice): Promise<Shown | string> {
  try {
    const verified = await node.verify(asked);
    if (verified.outcome === 'KO') return refusalText(verified.fault.faultCode);
    const { amount, dueDate, detailDescription } = verified.paymentList.paymentOptionDescription;
    const { companyName } = verified;
    return {
      description: detailDescription,
      companyName,
      noticeNumber: asked.noticeNumber,
      dueDate,
      cents: centsOf(amount),
    };
  } catch (cause) {
    return refusalText(reasonOf(cause));
  }
}

const Asked = z.object({
  qr: z.string().default(''),
  noticeNumber: z.string().default(''),
  fiscalCode: z.string().default(''),
});

/** The notice that somebody typed, with spaces or without, or pasted as the text of its QR code. */
function readNotice(body: unknown): Notice | null {
  const asked = Asked.safeParse(body ?? {});
  if (!asked.success) return null;
  const [, , fromQr = '', codeFromQr = ''] = asked.data.qr.trim().split('|');
  const noticeNumber = (asked.data.noticeNumber.replaceAll(/\s/g, '') || fromQr).trim();
  const fiscalCode = (asked.data.fiscalCode.replaceAll(/\s/g, '') || codeFromQr).trim();
  return /^\d{18}$/.test(noticeNumber) && /^\d{11}$/.test(fiscalCode) ? { noticeNumber, fiscalCode } : null;
}

function toNotice({ noticeNumber, fiscalCode }: z.output<typeof notice>): Notice {
  return { noticeNumber, fiscalCode };
}

function toShown({ description, companyName, noticeNumber, amount }: z.output<typeof notice>): Shown {
  return { description, companyName, noticeNumber, dueDate: '', cents: amount };
}

function send(response: Response, html: string): void {
  response.set(PAGE_HEADERS).type('html').send(html);
}

function problem(response: Response, status: number, title: string, detail: string): void {
  response.status(status).type('application/problem+json').send(JSON.stringify({ title, status, detail }));
}
