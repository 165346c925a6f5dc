import { runImportCommand } from '@campanella/csv-import';
import { withAttendance } from './command.ts';
import { sentenceOf } from './import/faults.ts';
import { importFolder } from './import/import-folder.ts';
import { LAYOUTS } from './import/layouts.ts';

await runImportCommand({
  layouts: LAYOUTS,
  companions: [],
  needs: 'DATABASE_URL come il servizio attendance',
  run: (options) => withAttendance('import', (deps) => importFolder(deps, options)),
  sentenceOf,
  tellMore: () => [],
});
