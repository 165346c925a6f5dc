import { createWriteStream } from 'node:fs';
import { userInfo } from 'node:os';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type MunicipalityId, parseNumberId } from '@campanella/vocabulary';
import { SingleBar } from 'cli-progress';
import type { Fault } from './faults.ts';
import { describeFiles, type Layout } from './layouts.ts';

/** Faults that are kept to be told; the rest is counted. */
export const FAULTS_MAX = 100_000;
const FAULTS_SHOWN = 20;

export interface ImportOptions {
  readonly municipalityId: MunicipalityId;
  /** Holds the files, by the names of the layouts; any of them may be missing. */
  readonly folder: string;
  /** Files in the folder that another service imports. */
  readonly otherFiles: readonly string[];
  /** Finds every fault and counts what would change, and changes nothing. */
  readonly isDryRun: boolean;
  /** Who imports, for the line that the import leaves. */
  readonly editor: string;
  /** Called while files are read. */
  readonly onProgress: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly fileName: string;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rows: number;
}

/** What an import came to. */
export interface ImportReport<Kind extends string> {
  /** False where there is a fault, and in a dry run: then nothing was changed. */
  readonly isStored: boolean;
  readonly faults: readonly Fault<Kind>[];
  readonly faultCount: number;
  readonly files: readonly { readonly fileName: string; readonly rows: number; readonly changed: number }[];
}

/** An import of a service, as its command runs it. */
export interface ImportCommand<Kind extends string, Report extends ImportReport<Kind>> {
  readonly layouts: readonly Layout[];
  /** Names in the folder that are no file of a layout and belong to the import all the same. */
  readonly companions: readonly string[];
  /** Variables that the command needs, in one phrase. */
  readonly needs: string;
  readonly run: (options: ImportOptions) => Promise<Report>;
  readonly sentenceOf: (fault: Fault<Kind>) => string;
  /** What else there is to tell of an import that found no fault. */
  readonly tellMore: (report: Report) => readonly string[];
}

const helpOf = (
  needs: string,
) => `Importa in un Comune i file CSV di una cartella: tutto o, se c’è anche un solo errore, niente. Gli stessi file una seconda volta non cambiano nulla.

  npm run import -- --municipality N --files CARTELLA [--dry-run] [--report FILE] [--as CHI]
  npm run import -- --format

  --dry-run   trova gli errori e conta che cosa cambierebbe, senza cambiare nulla
  --as        chi importa, per il registro delle modifiche; senza, il nome utente di questo computer
  --report    scrive tutti gli errori in un file di testo, uno per riga; senza, i primi 20 sullo schermo
  --format    descrive i file e le loro colonne

Vuole ${needs}. Finisce con 0 se i dati sono importati (o la prova è riuscita), 1 se ci sono errori,
2 se il comando è sbagliato.`;

/** Reads the words of an import's command, runs it with a bar, and tells what it came to. Sets the exit code. */
export async function runImportCommand<Kind extends string, Report extends ImportReport<Kind>>(
  command: ImportCommand<Kind, Report>,
): Promise<void> {
  const { values } = parseArgs({
    options: {
      municipality: { type: 'string' },
      files: { type: 'string' },
      report: { type: 'string' },
      as: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      format: { type: 'boolean', default: false },
      // For whoever runs several imports on one folder.
      check: { type: 'boolean', default: false },
      'append-report': { type: 'boolean', default: false },
      'file-names': { type: 'boolean', default: false },
      'other-file': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const municipalityId = parseNumberId<MunicipalityId>(Number(values.municipality));
  if (values.help) return console.log(helpOf(command.needs));
  if (values.format) return console.log(describeFiles(command.layouts));
  if (values['file-names']) {
    return console.log([...command.layouts.map(({ fileName }) => fileName), ...command.companions].join('\n'));
  }
  if (municipalityId === null || values.files === undefined) {
    console.error(helpOf(command.needs));
    process.exitCode = 2;
    return;
  }
  const bar = new SingleBar({
    format: '{bar} {percentage}%  {fileName}  {rows} righe',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(1, 0, { fileName: '', rows: 0 });
  try {
    const report = await command.run({
      municipalityId,
      folder: values.files,
      otherFiles: values['other-file'],
      isDryRun: values['dry-run'] || values.check,
      editor: values.as ?? userInfo().username,
      onProgress({ fileName, rows, bytesRead, bytesTotal }) {
        bar.setTotal(Math.max(bytesTotal, 1));
        bar.update(bytesRead, { fileName, rows });
      },
    });
    bar.stop();
    if (report.faultCount > 0) await tellFaults(command, report, values.report, values['append-report']);
    else if (!values.check) tellSuccess(command, report);
  } catch (cause) {
    bar.stop();
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = 1;
  }
}

function tellSuccess<Kind extends string, Report extends ImportReport<Kind>>(
  { tellMore }: ImportCommand<Kind, Report>,
  report: Report,
): void {
  for (const { fileName, rows, changed } of report.files)
    console.log(`${fileName}: ${rows} righe, ${changed} da cambiare`);
  for (const line of tellMore(report)) console.log(line);
  console.log(
    report.isStored ? 'Importazione eseguita.' : 'Prova riuscita: nessun errore. Non è stato cambiato nulla.',
  );
}

async function tellFaults<Kind extends string, Report extends ImportReport<Kind>>(
  { sentenceOf }: ImportCommand<Kind, Report>,
  { faults, faultCount }: Report,
  reportFile: string | undefined,
  isAppended: boolean,
): Promise<void> {
  process.exitCode = 1;
  for (const fault of faults.slice(0, FAULTS_SHOWN)) console.error(sentenceOf(fault));
  if (reportFile !== undefined) {
    const file = createWriteStream(reportFile, { flags: isAppended ? 'a' : 'w' });
    for (const fault of faults) file.write(`${sentenceOf(fault)}\n`);
    if (faultCount > faults.length) file.write(`… e altri ${faultCount - faults.length}\n`);
    await finished(file.end());
  }
  const rest = faultCount - FAULTS_SHOWN;
  if (rest > 0) console.error(`… e altri ${rest}${reportFile === undefined ? ' (--report FILE li scrive tutti)' : ''}`);
  console.error(`${faultCount} errori: non è stato cambiato nulla. Correggere i file e ripetere l’importazione.`);
}
