import { DAY, describeFiles, type Layout as FileLayout, optional, required } from '@campanella/csv-import';
import type { RecordKind } from '../domain/records.ts';

/** What the rows of each file are records of. */
export const RECORD_KINDS = {
  schools: 'schools',
  schoolYears: 'schoolYears',
  classes: 'classes',
  services: 'services',
  tariffs: 'tariffs',
  bands: 'tariffs',
  guardians: 'guardians',
  pupils: 'pupils',
  diets: 'diets',
  households: 'households',
  isee: 'isee',
  enrolments: 'enrolments',
  badges: 'badges',
} as const satisfies Readonly<Record<string, RecordKind>>;

/** A file of the import, by what a row of it is. */
export type FileKind = keyof typeof RECORD_KINDS;
/** What kind of record the rows of a file are. */
export type RecordKindOf<Kind extends FileKind> = (typeof RECORD_KINDS)[Kind];

/** A file of the import. */
export interface Layout extends FileLayout {
  readonly kind: FileKind | 'documents';
}

const FROM = required('dal', 'valid_from', `Primo giorno, ${DAY}`, '01/09/2026');
const UNTIL = optional('al', 'valid_until', `Ultimo giorno compreso, ${DAY}; vuoto: senza scadenza`, '31/08/2027');

/** The files of an import in the order in which they are read: each refers to earlier ones, or to what is stored already. */
export const LAYOUTS: readonly (Layout & { readonly kind: FileKind })[] = [
  {
    kind: 'schools',
    fileName: 'scuole.csv',
    about: 'Le scuole, riconosciute dal nome',
    columns: [required('nome', 'name', 'Nome della scuola', 'Scuola primaria Il Girasole')],
  },
  {
    kind: 'schoolYears',
    fileName: 'anni_scolastici.csv',
    about: 'Gli anni scolastici, riconosciuti dal nome',
    columns: [
      required('nome', 'name', 'Nome dell’anno', '2026/2027'),
      FROM,
      required('al', 'valid_until', `Ultimo giorno compreso, ${DAY}`, '31/08/2027'),
    ],
  },
  {
    kind: 'classes',
    fileName: 'classi.csv',
    about: 'Le classi di una scuola in un anno scolastico',
    columns: [
      required('anno_scolastico', 'school_year_id', 'Nome dell’anno', '2026/2027'),
      required('scuola', 'school_id', 'Nome della scuola', 'Scuola primaria Il Girasole'),
      required('nome', 'name', 'Nome della classe', '3B'),
    ],
  },
  {
    kind: 'services',
    fileName: 'servizi.csv',
    about: 'I servizi offerti, riconosciuti dal codice',
    columns: [
      required('codice', 'service', 'Codice: school_meals, transport, pre_school, after_school', 'school_meals'),
      required('nome', 'name', 'Nome, come lo leggono i genitori', 'Refezione scolastica'),
    ],
  },
  {
    kind: 'tariffs',
    fileName: 'tariffe.csv',
    about: 'Una riga per ogni prezzo di una tariffa; i prezzi già registrati e non ripetuti restano',
    columns: [
      required('servizio', 'service', 'Codice del servizio', 'school_meals'),
      required('nome', 'name', 'Nome della tariffa', 'Tariffa intera'),
      required('prezzo', 'price_cents', 'Prezzo di un giorno in euro', '5,20'),
      FROM,
      UNTIL,
    ],
  },
  {
    kind: 'bands',
    fileName: 'fasce_isee.csv',
    about:
      'Una riga per ogni fascia ISEE di un prezzo di tariffe.csv; senza attestazione, e oltre l’ultima fascia, vale quel prezzo',
    columns: [
      required('servizio', 'service', 'Codice del servizio', 'school_meals'),
      required('tariffa', 'tariff_id', 'Nome della tariffa', 'Tariffa intera'),
      required('dal', 'valid_from', `Primo giorno del prezzo, ${DAY}`, '01/09/2026'),
      optional(
        'isee_da',
        'isee_from_cents',
        'Da quale ISEE in euro; se c’è, si controlla che non restino vuoti',
        '7500,01',
      ),
      required('isee_fino_a', 'isee_up_to_cents', 'Fino a quale ISEE in euro, compreso', '15000,00'),
      required('prezzo', 'price_cents', 'Prezzo di un giorno in euro per questa fascia', '3,50'),
    ],
  },
  {
    kind: 'guardians',
    fileName: 'intestatari.csv',
    about: 'I genitori intestatari, riconosciuti dal codice fiscale',
    columns: [
      required('codice_fiscale', 'codice_fiscale', 'Codice fiscale', 'PRVZFR81S02M900X'),
      required('cognome', 'family_name', 'Cognome', 'Prova'),
      required('nome', 'given_name', 'Nome', 'Zefiro'),
    ],
  },
  {
    kind: 'pupils',
    fileName: 'alunni.csv',
    about: 'Gli alunni, riconosciuti dal codice fiscale; una colonna assente o vuota lascia il dato com’è',
    columns: [
      required('codice_fiscale', 'codice_fiscale', 'Codice fiscale', 'PRVNMB18A01M900X'),
      required('cognome', 'family_name', 'Cognome', 'Prova'),
      required('nome', 'given_name', 'Nome', 'Nembo'),
      required('anno_scolastico', 'class_id', 'Anno scolastico della classe', '2026/2027'),
      required('scuola', 'class_id', 'Scuola della classe', 'Scuola primaria Il Girasole'),
      required('classe', 'class_id', 'Classe', '3B'),
      optional(
        'dieta',
        'diet_code',
        'Codice della dieta da oggi in poi; NESSUNA la toglie da oggi; vuota se c’è diete.csv, che dice anche i giorni',
        'GF',
      ),
      optional('stato', 'closed', 'aperto o chiuso; vuoto: aperto', 'aperto'),
      optional('data_nascita', 'birth', `Data di nascita, ${DAY}, insieme alle tre colonne che seguono`, '01/01/2018'),
      optional('sesso', 'birth', 'F o M', 'M'),
      optional('comune_nascita', 'birth', 'Comune o Stato estero di nascita', 'Roccainventata'),
      optional('provincia_nascita', 'birth', 'Sigla; EE per l’estero', 'EE'),
      optional('comune', 'residence', 'Comune di residenza, insieme alle quattro colonne che seguono', 'Vallefinta'),
      optional('cap', 'residence', 'C.A.P., cinque cifre', '00000'),
      optional('provincia', 'residence', 'Sigla', 'EE'),
      optional('indirizzo', 'residence', 'Via o piazza', 'Via della Fantasia'),
      optional('civico', 'residence', 'Numero civico', '12/B'),
      optional('telefono', 'residence', 'Telefono', '000 0000000'),
    ],
  },
  {
    kind: 'diets',
    fileName: 'diete.csv',
    about: 'Le diete con i loro giorni; nei giorni detti valgono queste, negli altri resta quello che è registrato',
    columns: [
      required('codice_fiscale_alunno', 'pupil_id', 'Codice fiscale dell’alunno', 'PRVNMB18A01M900X'),
      required('codice', 'diet_code', 'Codice della dieta; NESSUNA toglie le diete di questi giorni', 'GF'),
      optional('tipo', 'kind', 'salute, etica o leggera; vuoto con NESSUNA', 'salute'),
      FROM,
      UNTIL,
      optional(
        'riferimento',
        'reference',
        'Come l’ufficio ritrova il certificato (salute) o la dichiarazione (etica)',
        'prot. 123/2026',
      ),
    ],
  },
  {
    kind: 'households',
    fileName: 'nuclei.csv',
    about:
      'Chi paga insieme, una riga per alunno; i nuclei sono riconosciuti dal nome, e chi c’è già e non è ripetuto resta',
    columns: [
      required('nucleo', 'name', 'Nome del nucleo, a scelta dell’ufficio', 'F-00123'),
      required('codice_fiscale_alunno', 'pupil_ids', 'Codice fiscale dell’alunno', 'PRVNMB18A01M900X'),
      optional('codice_fiscale_intestatario', 'guardian_ids', 'Codice fiscale di chi paga', 'PRVZFR81S02M900X'),
    ],
  },
  {
    kind: 'isee',
    fileName: 'attestazioni_isee.csv',
    about:
      'Le attestazioni ISEE dei nuclei; nei giorni detti valgono queste, negli altri resta quello che è registrato',
    columns: [
      required('nucleo', 'household_id', 'Nome del nucleo, come in nuclei.csv', 'F-00123'),
      required('isee', 'isee_cents', 'Indicatore in euro; NESSUNA toglie le attestazioni di questi giorni', '8400,00'),
      FROM,
      required('al', 'valid_until', `Ultimo giorno compreso in cui vale per le tariffe, ${DAY}`, '31/08/2027'),
      optional(
        'riferimento',
        'reference',
        'Come l’ufficio ritrova l’attestazione; vuoto con NESSUNA',
        'INPS-ISEE-2026-1',
      ),
    ],
  },
  {
    kind: 'enrolments',
    fileName: 'iscrizioni.csv',
    about: 'Le iscrizioni, riconosciute da alunno, servizio e primo giorno',
    columns: [
      required('codice_fiscale_alunno', 'pupil_id', 'Codice fiscale dell’alunno', 'PRVNMB18A01M900X'),
      required('servizio', 'service', 'Codice del servizio', 'school_meals'),
      required('anno_scolastico', 'school_year_id', 'Nome dell’anno', '2026/2027'),
      required('codice_fiscale_intestatario', 'guardian_id', 'Codice fiscale di chi paga', 'PRVZFR81S02M900X'),
      required('tariffa', 'tariff_id', 'Nome della tariffa', 'Tariffa intera'),
      required('pagamento', 'payment_mode', 'prepagato o fattura', 'prepagato'),
      optional('fido', 'overdraft_cents', 'Fino a quanto il conto può andare sotto zero, in euro; vuoto: 0', '10,00'),
      FROM,
      UNTIL,
      optional(
        'riduzione',
        'reductions',
        'Percentuale, da 1 a 100 (esenzione), insieme alle due colonne che seguono; 0 toglie quelle registrate',
        '20',
      ),
      optional('motivo_riduzione', 'reductions', 'fratelli, isee, esenzione o altro', 'fratelli'),
      optional('riduzione_dal', 'reductions', `Primo giorno, ${DAY}`, '01/09/2026'),
      optional('riduzione_al', 'reductions', `Ultimo giorno compreso, ${DAY}; vuoto: senza scadenza`, '31/12/2026'),
      optional(
        'email_fatture',
        'invoice_email',
        'Dove mandare le fatture oltre al portale; vuoto: resta com’è',
        'famiglia@esempio.example',
      ),
      optional(
        'fatture_presso',
        'invoice_address',
        'A chi spedire le fatture per posta, insieme alle quattro colonne che seguono; NESSUNO: non spedirle; vuoto: resta com’è',
        'Zefiro Prova',
      ),
      optional('fatture_indirizzo', 'invoice_address', 'Via e numero civico', 'Via della Fantasia 12/B'),
      optional('fatture_cap', 'invoice_address', 'C.A.P., cinque cifre', '00000'),
      optional('fatture_comune', 'invoice_address', 'Comune', 'Vallefinta'),
      optional('fatture_provincia', 'invoice_address', 'Sigla; EE per l’estero', 'EE'),
    ],
  },
  {
    kind: 'badges',
    fileName: 'badge.csv',
    about: 'I badge, riconosciuti da numero, alunno e primo giorno',
    columns: [
      required('numero', 'badge_number', 'Numero del badge, come lo legge il lettore', '0A9E3779B1'),
      required('codice_fiscale_alunno', 'pupil_id', 'Codice fiscale dell’alunno', 'PRVNMB18A01M900X'),
      FROM,
      UNTIL,
      optional('bloccato', 'blocked', 'si o no; vuoto: no', 'no'),
    ],
  },
];

/** The documents of the fascicolo, read after everything else. */
export const DOCUMENTS_LAYOUT: Layout & { readonly kind: 'documents' } = {
  kind: 'documents',
  fileName: 'documenti.csv',
  about: 'I documenti del fascicolo: PDF, JPEG o PNG fino a 10 MB, nella cartella documenti accanto a questo file',
  columns: [
    required('codice_fiscale_alunno', 'pupil_id', 'Codice fiscale dell’alunno', 'PRVNMB18A01M900X'),
    optional('tipo', 'kind', 'modulo, lettera, certificato, certificazione_730 o altro; vuoto: altro', 'modulo'),
    required('titolo', 'title', 'Titolo, come lo legge il genitore', 'Modulo di iscrizione'),
    required('file', 'file_name', 'Nome del file nella cartella documenti', 'modulo-prova.pdf'),
  ],
};

/** The format of the import as the office reads it. */
export function describeLayouts(): string {
  return describeFiles([...LAYOUTS, DOCUMENTS_LAYOUT]);
}
