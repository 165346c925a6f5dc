export { type CellFault, Cells } from './cells.ts';
export { type FileFault, type Row, readRows } from './csv-file.ts';
export { type Fault, type FaultSentences, FILE_FAULT_SENTENCES, type FileFaultKind, faultSentence } from './faults.ts';
export { FolderReading } from './folder-reading.ts';
export {
  FAULTS_MAX,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  runImportCommand,
} from './import-command.ts';
export { importedId } from './imported-id.ts';
export { type Column, columnOf, DAY, describeFiles, type Layout, optional, required } from './layouts.ts';
