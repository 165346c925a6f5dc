import {
  type Fault as FaultOf,
  type FaultSentences,
  FILE_FAULT_SENTENCES,
  type FileFaultKind,
  faultSentence,
} from '@campanella/csv-import';
import type { RecordRefusalKind } from '../domain/records.ts';
import { REFUSAL_SENTENCES } from '../refusal-sentences.ts';

/** Why a row that can be read cannot be imported. */
type OwnKind =
  | 'unknown_municipality'
  | 'diet_told_twice'
  | 'missing_document'
  | 'empty_document'
  | 'document_too_large'
  | 'document_type'
  | 'document_lies';

/** Why a file or a row of it cannot be imported. */
export type FaultKind = FileFaultKind | RecordRefusalKind | OwnKind;
export type Fault = FaultOf<FaultKind>;

const SENTENCES: FaultSentences<FaultKind> = {
  ...FILE_FAULT_SENTENCES,
  unknown_municipality: 'il Comune non è registrato su questa piattaforma: registrarlo prima di importare',
  diet_told_twice: 'le diete sono in diete.csv: lasciare vuota questa colonna, o togliere quel file',
  missing_document: 'questo file non c’è nella cartella documenti: copiarlo lì, o correggere il nome',
  empty_document: 'il documento è vuoto',
  document_too_large: 'il documento supera 10 MB: ridurlo e riprovare',
  document_type: 'sono ammessi solo documenti PDF, JPEG e PNG',
  document_lies:
    'il contenuto del documento non è quello che dice il suo nome: dargli il nome giusto, o salvarlo di nuovo',
  ...REFUSAL_SENTENCES,
};

/** The fault as the office reads it: file, line, column, what is wrong and what to do. */
export function sentenceOf(fault: Fault): string {
  return faultSentence(fault, SENTENCES);
}
