/** Names and attributes of our cookies. */
export interface CookieJar {
  readonly sessionName: string;
  readonly signInName: string;
  /** A Set-Cookie value. @param maxAgeS null for the time the browser runs; 0 removes the cookie */
  write(name: string, value: string, maxAgeS: number | null): string;
}

/**
 * Decides the cookies. With https their names begin with `__Host-`: the browser then takes them from this very host only, over https,
 * for all paths, so that no other site under the same domain can plant one. Plain http is for loopback, where that prefix is refused.
 */
export function cookieJar(secure: boolean): CookieJar {
  const prefix = secure ? '__Host-' : '';
  return {
    sessionName: `${prefix}campanella_session`,
    signInName: `${prefix}campanella_sign_in`,
    write: (name, value, maxAgeS) => {
      const age = maxAgeS === null ? '' : `; Max-Age=${maxAgeS}`;
      return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${age}`;
    },
  };
}

/** Reads one cookie; null when it is absent or given twice with different values, since then nobody knows which one is ours. */
export function readCookie(header: string | undefined, name: string): string | null {
  const values = new Set(
    (header ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1)),
  );
  const [value] = values;
  return values.size === 1 && value !== undefined ? value : null;
}

/** Says whether a browser sent a cookie of this name, readable or not. */
export function hasCookie(header: string | undefined, name: string): boolean {
  return (header ?? '').split(';').some((pair) => pair.trim().startsWith(`${name}=`));
}
