import { TEXT } from './texts.ts';

/** Where the one style sheet is, from every page. */
export const STYLE_PATH = '/style.css';

/** Of every page: nothing but our style sheet. No form-action: the answer to a form redirects to the creditor's portal. */
export const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export const STYLE = `*{box-sizing:border-box}
body{font-family:system-ui,sans-serif;line-height:1.5;max-width:34rem;margin:1.5rem auto;padding:0 1rem;color:#17324d;background:#fff}
h1{font-size:1.5rem}table{width:100%;border-collapse:collapse}th,td{text-align:left;padding:.5rem 0;border-bottom:1px solid #c5cfd9;vertical-align:top}
td:last-child,th:last-child{text-align:right;white-space:nowrap}label{display:block;font-weight:600;margin-top:1rem}
input{font:inherit;width:100%;min-height:2.75rem;padding:.5rem;border:1px solid #5c6f82;border-radius:4px}
button{font:inherit;width:100%;min-height:2.75rem;margin-top:1rem;padding:.75rem 1rem;border:2px solid #06c;border-radius:4px;background:#06c;color:#fff;cursor:pointer}
button.other{background:#fff;color:#455a6e;border-color:#5c6f82}
button:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid #17324d;outline-offset:2px}
.warning{border-left:4px solid #a66300;padding:.5rem 1rem;background:#fff7e6}.said{border-left:4px solid #06c;padding:.5rem 1rem;background:#eef5fc}
`;

/** A notice as somebody is about to pay it. */
export interface Shown {
  readonly description: string;
  readonly companyName: string;
  readonly noticeNumber: string;
  readonly dueDate: string;
  readonly cents: number;
}

/** The page on which a cart is paid, or not. */
export function checkoutPage(cartPath: string, notices: readonly Shown[], said: string | null): string {
  const total = notices.reduce((sum, { cents }) => sum + cents, 0);
  const rows = notices.map(
    (notice) =>
      `<tr><td>${escapeHtml(notice.description)}<br>${escapeHtml(notice.companyName)}<br><small>${grouped(notice.noticeNumber)}</small></td><td>${euros(notice.cents)}</td></tr>`,
  );
  const button = (value: string, label: string, kind = 'other') =>
    `<button type="submit" name="outcome" value="${value}"${kind === '' ? '' : ` class="${kind}"`}>${label}</button>`;
  return page(
    TEXT.checkoutTitle,
    `${saidLine(said)}<table><thead><tr><th scope="col">Avviso</th><th scope="col">Importo</th></tr></thead><tbody>
${rows.join('\n')}
<tr><th scope="row">${TEXT.total}</th><th>${euros(total)}</th></tr></tbody></table>
<form method="post" action="${cartPath}">
${button('ok', `${TEXT.pay} ${euros(total)}`, '')}
${button('waiting', TEXT.payLater)}
${button('error', TEXT.fail)}
${button('cancel', TEXT.cancel)}
</form>`,
  );
}

/** The desk: which notice, then how much. */
export function deskPage(
  shown: { readonly notice: Shown; readonly fiscalCode: string } | null,
  said: string | null,
): string {
  if (shown === null) {
    return page(
      TEXT.deskTitle,
      `<p>${TEXT.deskIntro}</p>${saidLine(said)}<form method="post" action="/sportello">
<label for="qr">${TEXT.qr}</label><input id="qr" name="qr" autocomplete="off">
<label for="notice">${TEXT.noticeNumber}</label><input id="notice" name="noticeNumber" inputmode="numeric" autocomplete="off">
<label for="code">${TEXT.fiscalCode}</label><input id="code" name="fiscalCode" inputmode="numeric" autocomplete="off">
<button type="submit">${TEXT.show}</button></form>`,
    );
  }
  const { notice, fiscalCode } = shown;
  return page(
    TEXT.deskTitle,
    `${saidLine(said)}<p>${escapeHtml(notice.description)}, ${escapeHtml(notice.companyName)}<br>${TEXT.due} ${italianDay(notice.dueDate)}<br>${grouped(notice.noticeNumber)}</p>
<form method="post" action="/sportello/pagamento"><input type="hidden" name="noticeNumber" value="${notice.noticeNumber}"><input type="hidden" name="fiscalCode" value="${escapeHtml(fiscalCode)}">
<button type="submit">${TEXT.pay} ${euros(notice.cents)}</button></form>`,
  );
}

/** A page that only says something. */
export function messagePage(
  title: string,
  text: string,
  link: { readonly href: string; readonly label: string } | null,
): string {
  const after = link === null ? '' : `<p><a href="${escapeHtml(link.href)}">${escapeHtml(link.label)}</a></p>`;
  return page(title, `<p class="said">${escapeHtml(text)}</p>${after}`);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="it"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="stylesheet" href="${STYLE_PATH}"></head>
<body><main><h1>${escapeHtml(title)}</h1><p class="warning">${TEXT.warning}</p>
${content}</main></body></html>
`;
}

function saidLine(said: string | null): string {
  return said === null ? '' : `<p class="said" role="status">${escapeHtml(said)}</p>`;
}

const EUROS = new Intl.NumberFormat('it-IT', { style: 'currency', currency: 'EUR' });

function euros(cents: number): string {
  return escapeHtml(EUROS.format(cents / 100));
}

function grouped(noticeNumber: string): string {
  return noticeNumber.replace(/(\d{4})(?=\d)/g, '$1 ');
}

function italianDay(day: string): string {
  return `${day.slice(8, 10)}/${day.slice(5, 7)}/${day.slice(0, 4)}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
