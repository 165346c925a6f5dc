import pg from 'pg';

const { builtins } = pg.types;

/** Reads a `bigint` as a number. @throws RangeError beyond the range in which numbers are exact */
export function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`a bigint of ${text.length} digits is not exact as a number`);
  return value;
}

/** How rows become JavaScript values: `bigint` as a number, `date` as the text `YYYY-MM-DD`, the rest as pg does it. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === builtins.INT8) return parseBigint;
    if (format !== 'binary' && oid === builtins.DATE) return (text: string) => text;
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};
