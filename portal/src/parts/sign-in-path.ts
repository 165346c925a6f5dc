/** The address of the sign-in page that leads back to a page of the portal, with its filters. */
export function signInPath(page: { readonly pathname: string; readonly search: string }): string {
  return `/accedi?${new URLSearchParams({ return: `${page.pathname}${page.search}` })}`;
}
