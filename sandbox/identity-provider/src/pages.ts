/** What the citizen reads; every text of the stand-in is here. */
const TEXT = {
  title: 'Gestore di identità dimostrativo',
  warning: 'Questo gestore è finto: serve a provare il portale. Le persone qui sotto non esistono.',
  choose: 'Con quale identità vuoi entrare?',
  cancel: 'Annulla',
  leaveTitle: 'Vuoi uscire anche dal gestore di identità?',
  leave: 'Esci',
  stay: 'Resta collegato',
  leftTitle: 'Sei uscito dal gestore di identità',
  left: 'Puoi chiudere questa pagina.',
  errorTitle: 'La richiesta non è valida',
  error: 'Torna al portale del tuo comune e riprova ad accedere.',
} as const;

const STYLE = `body{font-family:system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#17324d}
h1{font-size:1.5rem}ul{list-style:none;padding:0}li{margin:.5rem 0}
button{font:inherit;width:100%;padding:.75rem 1rem;text-align:left;border:2px solid #06c;border-radius:4px;background:#fff;color:#06c;cursor:pointer}
button:hover,button:focus{background:#06c;color:#fff}.warning{border-left:4px solid #a66300;padding:.5rem 1rem;background:#fff7e6}
.cancel{border-color:#5c6f82;color:#5c6f82;text-align:center}`;

/** A citizen as the sign-in page lists them. */
export interface ListedCitizen {
  readonly username: string;
  readonly displayName: string;
}

/** The page on which a scripted citizen is chosen. */
export function choicePage(interactionId: string, citizens: readonly ListedCitizen[]): string {
  const path = `/interaction/${encodeURIComponent(interactionId)}`;
  const items = citizens
    .map(
      ({ username, displayName }) =>
        `<li><button type="submit" name="username" value="${escapeHtml(username)}">${escapeHtml(displayName)}</button></li>`,
    )
    .join('\n');
  return page(
    TEXT.title,
    `<p class="warning">${TEXT.warning}</p>
<h2>${TEXT.choose}</h2>
<form method="post" action="${path}/login"><ul>
${items}
</ul></form>
<form method="post" action="${path}/cancel"><button type="submit" class="cancel">${TEXT.cancel}</button></form>`,
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

/** The page for a request that cannot be answered by a redirect. @param code the protocol's error code */
export function errorPage(code: string): string {
  return page(TEXT.errorTitle, `<p>${TEXT.error}</p><p><code>${escapeHtml(code)}</code></p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="it"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
