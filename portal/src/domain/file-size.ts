const KILO = 1_000;

const numbers = new Intl.NumberFormat('it-IT', { maximumFractionDigits: 1 });

/** A file's size as people read it: `840 byte`, `12,3 kB`, `1,4 MB`. */
export function formatFileSize(byteCount: number): string {
  if (byteCount < KILO) return `${byteCount} byte`;
  if (byteCount < KILO ** 2) return `${numbers.format(byteCount / KILO)} kB`;
  return `${numbers.format(byteCount / KILO ** 2)} MB`;
}
