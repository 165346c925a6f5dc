const LENGTH_MAX = 512;
const OWN_END_POINTS = /^\/(?:api|login|logout)(?:[/?]|$)/;

/**
 * Takes a path of our own portal to go back to after sign-in; null for everything else.
 *
 * Refused: other origins in every spelling that a browser accepts (`//host`, `/\host`, tabs and line ends that it strips), and our own
 * end points, so that a link cannot make a sign-in end in another sign-in.
 */
export function parseLocalPath(text: string): string | null {
  if (text.length > LENGTH_MAX || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text) || text.includes('\\')) return null;
  if (OWN_END_POINTS.test(text)) return null;
  const base = 'http://gateway.invalid';
  const url = URL.parse(text, base);
  if (url === null || url.origin !== base || OWN_END_POINTS.test(url.pathname) || url.pathname.startsWith('//'))
    return null;
  return `${url.pathname}${url.search}${url.hash}`;
}

/**
 * Path tricks that no browser sends: dot segments (also with a parameter behind them), empty segments, backslashes, and control characters,
 * dots, slashes, backslashes, semicolons or percent signs that are encoded: what one side decodes and the other does not.
 */
const TRICK = /\/\/|\/\.{1,2}(?:[/;]|$)|[\\#]|%(?:[01][0-9a-f]|7f|2e|2f|3b|5c|25)/i;

/** Says whether a request's target is a plain path with an optional query: visible ASCII, decodable, without tricks. */
export function isPlainTarget(target: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(target)) return false;
  const [path = ''] = target.split('?', 1);
  return !TRICK.test(path) && isDecodable(path);
}

function isDecodable(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
