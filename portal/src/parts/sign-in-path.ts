import type { SignInMethod } from '../api/sign-in.ts';

/** The address of the sign-in page that leads back to a page of the portal, with its filters. */
export function signInPath(page: { readonly pathname: string; readonly search: string }): string {
  return `/accedi?${new URLSearchParams({ return: `${page.pathname}${page.search}` })}`;
}

/** The address of the second page of the sign-in, where a citizen chooses the digital identity. */
export function digitalIdentityPath(back: string): string {
  return `/accedi/identita-digitale?${new URLSearchParams({ return: back })}`;
}

/** The gateway's address that begins a sign-in. @param issuer which of the method's providers */
export function loginPath(method: SignInMethod, back: string, issuer?: string): string {
  const query = new URLSearchParams({ return: back, ...(issuer === undefined ? {} : { idp: issuer }) });
  return `/login/${encodeURIComponent(method.key)}?${query}`;
}
