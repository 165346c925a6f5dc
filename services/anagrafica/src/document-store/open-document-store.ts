import { fileURLToPath } from 'node:url';
import type { DocumentStore } from '../app/fascicolo.ts';
import { folderStore } from './folder-store.ts';
import { s3Store } from './s3-store.ts';

/**
 * Opens the store that an address names: `file:///folder`, or `s3://bucket?region=…&endpoint=https://…` (endpoint only for a store that is
 * not AWS).
 *
 * @throws Error with what is wrong about the address
 */
export function openDocumentStore(address: string): DocumentStore {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol === 'file:') return folderStore(fileURLToPath(url));
  const region = url?.searchParams.get('region') ?? '';
  if (url?.protocol === 's3:' && url.hostname !== '' && region !== '') {
    return s3Store({ bucket: url.hostname, region, endpoint: url.searchParams.get('endpoint') });
  }
  throw new Error('must be file:///folder or s3://bucket?region=…[&endpoint=https://…]');
}
