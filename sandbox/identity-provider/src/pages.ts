import type { OutcomeKey } from './outcomes.ts';
import { OUTCOME_LABEL, TEXT } from './texts.ts';

/** Where the one style sheet is, from every page. */
export const STYLE_PATH = '/style.css';

/** Of every page: nothing but our style sheet. No form-action: the answer to a form redirects to the relying party, and Chromium applies it to redirects as well. */
export const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export const STYLE = `*{box-sizing:border-box}
body{font-family:system-ui,sans-serif;line-height:1.5;max-width:34rem;margin:1.5rem auto;padding:0 1rem;color:#17324d;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}ul{list-style:none;padding:0}li{margin:.5rem 0}code{overflow-wrap:anywhere}
button{font:inherit;width:100%;min-height:2.75rem;padding:.75rem 1rem;text-align:left;border:2px solid #06c;border-radius:4px;background:#fff;color:#06c;cursor:pointer}
button:hover,button:focus-visible{background:#06c;color:#fff}button:focus-visible{outline:3px solid #17324d;outline-offset:2px}
.about{display:block;font-size:.875rem}.warning{border-left:4px solid #a66300;padding:.5rem 1rem;background:#fff7e6}
.cancel,.outcome{border-color:#5c6f82;color:#455a6e}.cancel{text-align:center}
.cancel:hover,.cancel:focus-visible,.outcome:hover,.outcome:focus-visible{background:#455a6e;color:#fff}
`;

/** A citizen as the sign-in page lists them. */
export interface ListedCitizen {
  readonly username: string;
  readonly displayName: string;
  readonly showsInItalian: string;
}

/**
 * The page on which a scripted citizen, or an outcome, is chosen.
 *
 * @param options.path of the interaction; the forms go to `/login`, `/outcome` and `/cancel` under it
 * @param options.provider whose page it is
 */
export function choicePage(options: {
  readonly path: string;
  readonly provider: string;
  readonly citizens: readonly ListedCitizen[];
  readonly outcomes: readonly OutcomeKey[];
}): string {
  const { path, outcomes } = options;
  const citizens = options.citizens.map(
    ({ username, displayName, showsInItalian }) =>
      `<li><button type="submit" name="username" value="${escapeHtml(username)}">${escapeHtml(displayName)}<span class="about">${escapeHtml(showsInItalian)}</span></button></li>`,
  );
  const others = outcomes.map(
    (key) =>
      `<li><button type="submit" name="outcome" value="${key}" class="outcome">${escapeHtml(OUTCOME_LABEL[key])}</button></li>`,
  );
  const othersForm = `<h2 id="outcomes">${TEXT.outcomes}</h2>
<form method="post" action="${path}/outcome" aria-labelledby="outcomes"><ul>
${others.join('\n')}
</ul></form>`;
  return page(
    options.provider,
    `<p class="warning">${TEXT.warning}</p>
<h2 id="citizens">${TEXT.choose}</h2>
<form method="post" action="${path}/login" aria-labelledby="citizens"><ul>
${citizens.join('\n')}
</ul></form>
<form method="post" action="${path}/cancel"><button type="submit" class="cancel">${TEXT.cancel}</button></form>
${outcomes.length === 0 ? '' : othersForm}`,
  );
}

/** The page that asks whether to end the provider's own session. @param form the hidden form made by oidc-provider */
export function leavePage(form: string): string {
  return page(
    TEXT.leaveTitle,
    `${form}<ul>
<li><button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>${TEXT.leave}</button></li>
<li><button type="submit" form="op.logoutForm" class="cancel">${TEXT.stay}</button></li></ul>`,
  );
}

/** The page after leaving, when nobody asked to be sent elsewhere. */
export function leftPage(): string {
  return page(TEXT.leftTitle, `<p>${TEXT.left}</p>`);
}

/** The page for a request that cannot be answered by a redirect. @param code the protocol's error code @param description its words for integrators */
export function errorPage(code: string, description = ''): string {
  const words = description === '' ? '' : `: ${description}`;
  return page(TEXT.errorTitle, `<p>${TEXT.error}</p><p><code>${escapeHtml(code + words)}</code></p>`);
}

/** The page behind a policy address. @param name of the invented organisation */
export function policyPage(name: string): string {
  return page(name, `<h2>${TEXT.policyTitle}</h2><p>${TEXT.policy}</p>`);
}

/** A logo: the initial of an invented organisation. */
export function logo(name: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="${escapeHtml(name)}">
<rect width="64" height="64" rx="12" fill="#17324d"/>
<text x="32" y="44" font-family="sans-serif" font-size="34" fill="#fff" text-anchor="middle">${escapeHtml(name.split(' ').at(-1)?.charAt(0) ?? '')}</text></svg>`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="it"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="stylesheet" href="${STYLE_PATH}"></head>
<body><main><h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
