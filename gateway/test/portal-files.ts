import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a small portal, as a build would leave it, into a folder. */
export async function makePortal(folder: string): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Servizi Scolastici</title>');
  await writeFile(join(folder, 'assets', 'index-4f3a2b1c.js'), 'export {};');
  await writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(folder, '.secret'), 'never served');
}
