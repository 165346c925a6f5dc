import { migrateMain } from '@campanella/postgres';

await migrateMain(new URL('../migrations/', import.meta.url));
