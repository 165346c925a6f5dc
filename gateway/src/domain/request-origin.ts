/** What a browser says about where a request comes from. */
export interface RequestOrigin {
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
}

/**
 * Says whether a changing request comes from our own pages, as far as the browser tells. Silence passes, since a program is no
 * browser and carries no victim's cookie; the CSRF token is asked for all the same.
 */
export function isOwnOrigin(request: RequestOrigin, ownOrigin: string): boolean {
  if (request.origin !== undefined && request.origin !== ownOrigin) return false;
  return request.secFetchSite === undefined || request.secFetchSite === 'same-origin';
}
