import { createWriteStream } from 'node:fs';
import { userInfo } from 'node:os';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type MunicipalityId, parseNumberId } from '@campanella/vocabulary';
import { SingleBar } from 'cli-progress';
import { withRegistry } from './command.ts';
import { sentenceOf } from './import/faults.ts';
import { type ImportReport, importFolder } from './import/import-folder.ts';
import { describeLayouts } from './import/layouts.ts';

const HELP = `Importa in un Comune i file CSV di una cartella: tutto o, se c’è anche un solo errore, niente. Gli stessi file una seconda volta non cambiano nulla.

  npm run import -- --municipality N --files CARTELLA [--dry-run] [--report FILE] [--as CHI]
  npm run import -- --format

  --dry-run   trova gli errori e conta che cosa cambierebbe, senza cambiare nulla
  --as        chi importa, per il registro delle modifiche; senza, il nome utente di questo computer
  --report    scrive tutti gli errori in un file di testo, uno per riga; senza, i primi 20 sullo schermo
  --format    descrive i file e le loro colonne

Vuole DATABASE_URL, FIELD_KEY e DOCUMENT_STORE_URL come il servizio anagrafica. Finisce con 0 se i dati sono importati (o la prova è riuscita), 1 se ci sono errori,
2 se il comando è sbagliato.`;
const FAULTS_SHOWN = 20;

const { values } = parseArgs({
  options: {
    municipality: { type: 'string' },
    files: { type: 'string' },
    report: { type: 'string' },
    as: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    format: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const municipalityId = parseNumberId<MunicipalityId>(Number(values.municipality));
if (values.help) console.log(HELP);
else if (values.format) console.log(describeLayouts());
else if (municipalityId === null || values.files === undefined) {
  console.error(HELP);
  process.exitCode = 2;
} else await run(municipalityId, values.files);

async function run(municipality: MunicipalityId, folder: string): Promise<void> {
  const bar = new SingleBar({
    format: '{bar} {percentage}%  {fileName}  {rows} righe',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  try {
    const report = await withRegistry('import', (deps) => {
      bar.start(1, 0, { fileName: '', rows: 0 });
      return importFolder(deps, {
        municipalityId: municipality,
        folder,
        isDryRun: values['dry-run'],
        editor: values.as ?? userInfo().username,
        onProgress({ fileName, rows, bytesRead, bytesTotal }) {
          bar.setTotal(Math.max(bytesTotal, 1));
          bar.update(bytesRead, { fileName, rows });
        },
      });
    });
    bar.stop();
    await tell(report);
  } catch (cause) {
    bar.stop();
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = 1;
  }
}

async function tell({ isStored, faults, faultCount, files, diets }: ImportReport): Promise<void> {
  for (const { fileName, rows, changed } of files) console.log(`${fileName}: ${rows} righe, ${changed} da cambiare`);
  if (diets.addedCount + diets.changedCount + diets.removedCount > 0) {
    const { addedCount, changedCount, removedCount } = diets;
    console.log(`diete: ${addedCount} aggiunte, ${changedCount} cambiate, ${removedCount} tolte`);
  }
  if (faultCount === 0) {
    console.log(isStored ? 'Importazione eseguita.' : 'Prova riuscita: nessun errore. Non è stato cambiato nulla.');
    return;
  }
  process.exitCode = 1;
  for (const fault of faults.slice(0, FAULTS_SHOWN)) console.error(sentenceOf(fault));
  if (values.report !== undefined) {
    const file = createWriteStream(values.report);
    for (const fault of faults) file.write(`${sentenceOf(fault)}\n`);
    if (faultCount > faults.length) file.write(`… e altri ${faultCount - faults.length}\n`);
    await finished(file.end());
  }
  const rest = faultCount - FAULTS_SHOWN;
  if (rest > 0)
    console.error(`… e altri ${rest}${values.report === undefined ? ' (--report FILE li scrive tutti)' : ''}`);
  console.error(`${faultCount} errori: non è stato cambiato nulla. Correggere i file e ripetere l’importazione.`);
}
