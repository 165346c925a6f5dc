const DEPTH_MAX = 20;
/** NUL, which PostgreSQL cannot keep, and the marks that make text read otherwise than it is stored. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for.
const DECEITFUL = /[\u0000\u202a-\u202e\u2066-\u2069]/;
/** The same characters as they stand in a query. */
const DECEITFUL_IN_QUERY = /%00|%e2%80%a[a-e]|%e2%81%a[6-9]/i;

/**
 * Says whether a value that was parsed from JSON is one that any of our pages could send: at most 20 levels deep, numbers that
 * JavaScript holds exactly (an identifier or an amount that was rounded on its way would be another one), no NUL and no bidirectional
 * control characters in texts or names.
 */
export function isHonestValue(value: unknown, depth = 1): boolean {
  if (typeof value === 'string') return !DECEITFUL.test(value);
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  if (depth > DEPTH_MAX) return false;
  if (Array.isArray(value)) return value.every((item) => isHonestValue(item, depth + 1));
  return Object.entries(value).every(([name, item]) => !DECEITFUL.test(name) && isHonestValue(item, depth + 1));
}

/** Says whether a query has none of the characters that {@link isHonestValue} refuses. @param query as it came, encoded */
export function isHonestQuery(query: string): boolean {
  return !DECEITFUL_IN_QUERY.test(query);
}
