import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What another program reads in a PDF file: a reader tells words one by one, so blanks are made one. */
export function readFile(file: Buffer): { readonly pages: number; readonly text: string } {
  const words = ['--no-warnings', fileURLToPath(new URL('read-pdf.ts', import.meta.url))];
  const found: { pages: number; text: string } = JSON.parse(
    execFileSync(process.execPath, words, { input: file }).toString(),
  );
  return { ...found, text: found.text.replaceAll(/\s+/g, ' ') };
}
