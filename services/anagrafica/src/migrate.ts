import { fileURLToPath } from 'node:url';
import { migrateMain } from '@campanella/postgres';

await migrateMain(fileURLToPath(new URL('../migrations', import.meta.url)));
