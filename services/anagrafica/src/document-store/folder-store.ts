import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DocumentStore } from '../app/fascicolo.ts';

/** Documents as files of a folder, for one machine or a shared disk. */
export function folderStore(folder: string): DocumentStore {
  return {
    async write(key, bytes) {
      const path = join(folder, key);
      const inProgress = `${path}.${randomUUID()}.part`;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(inProgress, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(inProgress, path);
      await syncFolder(dirname(path));
    },
    async read(key) {
      try {
        return await readFile(join(folder, key));
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
        throw cause;
      }
    },
    remove: (key) => rm(join(folder, key), { force: true }),
  };
}

/** A renamed file is durable only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
