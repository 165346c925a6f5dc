/** Words of a dish and the substances of Annex II to Regulation (EU) 1169/2011 that it has in the demonstration. */
const ALLERGENS_OF: readonly (readonly [RegExp, string])[] = [
  [/pasta|lasagne|gnocchi|pizza|crostini|pane|farro|orzo|gratinat|torta|polpette/i, 'gluten'],
  [/uova|frittata|polpette|torta|lasagne|budino/i, 'eggs'],
  [/merluzzo|platessa|tonno/i, 'fish'],
  [/mozzarella|formaggio|parmigiana|yogurt|ricotta|budino|gelato|purè|pesto|lasagne|torta/i, 'milk'],
  [/pesto/i, 'nuts'],
  [/minestrone|passato|vellutata|crema|ragù|spezzatino/i, 'celery'],
];

/** The dishes of a menu that is written as one line: the first, the second, side dishes, and fruit or a sweet at the end. */
export function coursesOf(menu: string) {
  const dishes = menu.split(', ');
  return dishes.flatMap((name, index) => {
    const isLast = index === dishes.length - 1;
    const sweet = name === 'frutta' ? 'fruit' : 'dessert';
    const course = isLast ? sweet : (['first', 'second'][index] ?? 'side');
    const allergens = ALLERGENS_OF.flatMap(([words, code]) => (words.test(name) ? [code] : []));
    const dish = { course, name, allergens, dietCode: '' };
    if (!allergens.includes('gluten')) return [dish];
    const without = allergens.filter((code) => code !== 'gluten');
    return [dish, { course, name: `${name} senza glutine`, allergens: without, dietCode: 'GF' }];
  });
}
