/** A browser of a citizen without scripts: cookies, and redirects followed one at a time. */
export function openBrowser() {
  const cookies = new Map<string, string>();
  const ask = async (url: string, form?: Readonly<Record<string, string>>) => {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
      location: location === null ? null : new URL(location, url).href,
    };
  };
  return { cookies, ask };
}

/** What the citizen does on the provider's page. */
export type Choice = { readonly username: string } | { readonly outcome: string } | 'cancel';

/** Goes through a provider's pages. @returns the callback's address at the relying party */
export async function choose(start: URL, choice: Choice, browser = openBrowser()): Promise<string> {
  const { location: page, status, text } = await browser.ask(start.href);
  if (page === null) throw new Error(`the provider answers ${status}: ${text}`);
  if (new URL(page).origin !== start.origin) return page;
  const [path, form] =
    choice === 'cancel' ? ['cancel', {}] : 'username' in choice ? ['login', choice] : ['outcome', choice];
  let next = (await browser.ask(`${page}/${path}`, form)).location;
  while (next !== null && new URL(next).origin === start.origin) next = (await browser.ask(next)).location;
  if (next === null) throw new Error('the provider does not lead back');
  return next;
}
