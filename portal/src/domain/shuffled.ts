/**
 * The same items in an order in which each place is as likely for each of them. SPID's rules want its providers listed so, that none is
 * always first.
 *
 * @param random a number from 0 up to, but not, 1
 */
export function shuffled<Item>(items: readonly Item[], random: () => number = Math.random): readonly Item[] {
  return items.reduce<readonly Item[]>((mixed, item) => {
    const place = Math.floor(random() * (mixed.length + 1));
    return [...mixed.slice(0, place), item, ...mixed.slice(place)];
  }, []);
}
