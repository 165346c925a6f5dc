import { runImportCommand } from '@campanella/csv-import';
import { withRegistry } from './command.ts';
import { sentenceOf } from './import/faults.ts';
import { DOCUMENTS_FOLDER } from './import/import-documents.ts';
import { importFolder } from './import/import-folder.ts';
import { DOCUMENTS_LAYOUT, LAYOUTS } from './import/layouts.ts';

await runImportCommand({
  layouts: [...LAYOUTS, DOCUMENTS_LAYOUT],
  companions: [DOCUMENTS_FOLDER],
  needs: 'DATABASE_URL, FIELD_KEY e DOCUMENT_STORE_URL come il servizio anagrafica',
  run: (options) => withRegistry('import', (deps) => importFolder(deps, options)),
  sentenceOf,
  tellMore({ diets: { addedCount, changedCount, removedCount } }) {
    const isMoved = addedCount + changedCount + removedCount > 0;
    return isMoved ? [`diete: ${addedCount} aggiunte, ${changedCount} cambiate, ${removedCount} tolte`] : [];
  },
});
