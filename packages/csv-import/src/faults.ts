/** Why a file or a row of it cannot be read. */
export type FileFaultKind =
  | 'unknown_file'
  | 'too_big'
  | 'spreadsheet'
  | 'empty_file'
  | 'too_many_columns'
  | 'too_many_rows'
  | 'unknown_column'
  | 'repeated_column'
  | 'missing_column'
  | 'column_count'
  | 'unclosed_quote'
  | 'stray_quote'
  | 'cut_off'
  | 'missing_value'
  | 'not_a_day'
  | 'spreadsheet_day'
  | 'two_digit_year'
  | 'lost_zeros'
  | 'scientific_number'
  | 'not_an_amount'
  | 'not_a_percentage'
  | 'not_a_choice'
  | 'not_a_number'
  | 'incomplete_group'
  | 'repeated_row';

/** A fault and where it is: of reading, or of what a service says of a row. Never holds what the cell says: reports are sent around. */
export interface Fault<Kind extends string = FileFaultKind> {
  readonly fileName: string;
  /** The first line of a file is 1; 0 where it is the whole file. */
  readonly line: number;
  /** Empty where it is the whole row. */
  readonly column: string;
  readonly kind: Kind;
  /** What else the sentence needs: the choices, the line of the first, a day. */
  readonly detail: string;
}

/** What is wrong and what to do, by kind; where that needs the fault's detail, it is given it. */
export type FaultSentences<Kind extends string> = Readonly<Record<Kind, string | ((detail: string) => string)>>;

/** The sentences of reading. */
export const FILE_FAULT_SENTENCES: FaultSentences<FileFaultKind> = {
  unknown_file: (known) => `nome di file non riconosciuto. I nomi ammessi sono: ${known}`,
  too_big: (limit) => `il file supera ${limit}: dividerlo, o controllare che sia quello giusto`,
  spreadsheet: 'è un file di un foglio di calcolo: salvarlo come CSV e riprovare',
  empty_file: 'il file è vuoto: la prima riga deve contenere i nomi delle colonne',
  too_many_columns: (limit) => `il file ha più di ${limit} colonne: controllare il separatore e che sia il file giusto`,
  too_many_rows: (limit) => `il file ha più di ${limit} righe: dividerlo`,
  unknown_column: (known) => `colonna non prevista. Le colonne ammesse sono: ${known}`,
  repeated_column: 'la colonna c’è due volte: toglierne una',
  missing_column: 'manca questa colonna obbligatoria',
  column_count: (wanted) => `la riga non ha ${wanted} colonne come la prima: controllare separatori e virgolette`,
  unclosed_quote: 'virgolette aperte e mai chiuse: il file può essere troncato',
  stray_quote: 'virgolette in mezzo a un valore: raddoppiarle, o chiudere il valore fra virgolette',
  cut_off: 'l’ultima riga non termina con un a capo: il file può essere troncato. Esportarlo di nuovo',
  missing_value: 'manca il valore, che è obbligatorio',
  not_a_day: 'non è una data: scriverla gg/mm/aaaa',
  spreadsheet_day: (day) =>
    `è il numero con cui un foglio di calcolo scrive ${day}: dare alla colonna il formato data gg/mm/aaaa ed esportare di nuovo`,
  two_digit_year: 'l’anno va scritto con quattro cifre: gg/mm/aaaa',
  lost_zeros:
    'mancano cifre: il foglio di calcolo può aver tolto gli zeri iniziali. Dare alla colonna il formato testo',
  scientific_number:
    'il foglio di calcolo ha scritto il numero in forma abbreviata (con E+): dare alla colonna il formato testo ed esportare di nuovo',
  not_an_amount: 'non è un importo in euro: scriverlo come 5,20',
  not_a_percentage: 'non è una percentuale: scrivere un numero da 1 a 100, oppure 0 per toglierla',
  not_a_number: (range) => `non è un numero ${range}`,
  not_a_choice: (choices) => `valore non ammesso: scrivere ${choices}`,
  incomplete_group: (columns) => `compilare tutte queste colonne o nessuna: ${columns}`,
  repeated_row: (first) => `la stessa riga c’è già alla riga ${first}: toglierne una`,
};

/** The fault as the office reads it: file, line, column, what is wrong and what to do. */
export function faultSentence<Kind extends string>(
  { fileName, line, column, kind, detail }: Fault<Kind>,
  sentences: FaultSentences<Kind>,
): string {
  const place = [fileName, ...(line === 0 ? [] : [`riga ${line}`]), ...(column === '' ? [] : [`colonna ${column}`])];
  const sentence: string | ((detail: string) => string) = sentences[kind];
  return `${place.join(', ')}: ${typeof sentence === 'string' ? sentence : sentence(detail)}`;
}
