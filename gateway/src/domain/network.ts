const IPV6_GROUPS_KEPT = 3;

/**
 * The network of an address, for a log that must not name a household: the first three numbers of IPv4 (/24), the first three groups of
 * IPv6 (/48). Empty for what is no address.
 */
export function networkOf(address: string): string {
  const [, ipv4] = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/i.exec(address) ?? [];
  if (ipv4 !== undefined) return `${ipv4}.0/24`;
  if (!/^[0-9a-f:]+$/i.test(address) || !address.includes(':')) return '';
  // In the written form of an address "::" stands for as many zeros as are missing.
  const [head = '', tail = ''] = address.split('::', 2);
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const missing = Math.max(0, 8 - (before?.length ?? 0) - (after?.length ?? 0));
  const groups = [...(before ?? []), ...Array<string>(missing).fill('0'), ...(after ?? [])];
  return `${groups.slice(0, IPV6_GROUPS_KEPT).join(':').toLowerCase()}::/48`;
}
