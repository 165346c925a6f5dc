/** Reads an amount as the portal writes it, `−1.234,50 €`, back into cents. @throws RangeError for another text */
export function readCents(text: string): number {
  const match = /^\s*([+−]?)([\d.]+),(\d{2})\s*€?\s*$/.exec(text);
  if (match === null) throw new RangeError(`not an amount in Italian form: ${text}`);
  const [, sign, euros = '', rest = ''] = match;
  const cents = Number(euros.replaceAll('.', '')) * 100 + Number(rest);
  return sign === '−' ? -cents : cents;
}
