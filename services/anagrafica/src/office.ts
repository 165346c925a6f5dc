import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import {
  id,
  type MunicipalityId,
  type PersonId,
  type PupilId,
  parseId,
  parseNumberId,
  serviceDateAt,
} from '@campanella/vocabulary';
import { fileTypeFromBuffer } from 'file-type';
import { v5 as uuidV5, v7 as uuidV7 } from 'uuid';
import { fileDocument } from './app/fascicolo.ts';
import { NO_RECORDS, replaceBadge } from './app/office.ts';
import { putRecords } from './app/put-records.ts';
import { type CommandDeps, withRegistry } from './command.ts';
import type { RecordsInput } from './domain/parse-records.ts';
import type { Editor } from './domain/record-edits.ts';
import type { RecordRefusal } from './domain/records.ts';
import { RecordsBody } from './http/office-description.ts';
import { NONE } from './import/read-inputs.ts';
import { REFUSAL_SENTENCES } from './refusal-sentences.ts';

const HELP = `I lavori dell’ufficio scuola dalla riga di comando; ogni modifica lascia una riga nel registro.

  npm run office -- find           --municipality N [--name COGNOME] [--badge NUMERO] [--codice-fiscale C]
  npm run office -- show           --municipality N --pupil ID
  npm run office -- diets          --municipality N --pupil ID      (tutto quello che è stato registrato, il più recente per primo)
  npm run office -- record-diet    --municipality N --pupil ID --diet CODICE|NESSUNA --from AAAA-MM-GG [--until AAAA-MM-GG]
                                   [--diet-kind health|ethical|light] [--reference CERTIFICATO O DICHIARAZIONE]
  npm run office -- households     --municipality N [--name INIZIO DEL NOME]
  npm run office -- household      --municipality N --household ID
  npm run office -- put            --municipality N --records FILE.json   (- legge dall’ingresso; la forma è quella dell’API)
  npm run office -- replace-badge  --municipality N --badge PERSO --with NUOVO
  npm run office -- file-document  --municipality N --pupil ID --document FILE --title TITOLO [--kind form|letter|certificate|other]
  npm run office -- edits          --municipality N [--record ID]
  npm run office -- calendar       (calendari, menu e regole delle assenze: calendar --help)

  --as CHI   chi modifica, per il registro; senza, il nome utente di questo computer

Vuole DATABASE_URL, FIELD_KEY e DOCUMENT_STORE_URL come il servizio anagrafica. Risponde in righe di JSON. Finisce con 0 se è riuscito, 1 se qualcosa
è stato rifiutato, 2 se il comando è sbagliato.`;
const LINES_MAX = 100;
const NO_PUPIL = 'Non c’è nessun alunno con questo identificativo.';
/** The ids of readers at the command line are made of their names under this name space. */
const COMMAND_READERS = '5d8f2f0e-4a3c-5b7e-8c1d-9b2e6f7a1c34';

/** What was typed is not right; the message says what would be. */
class UsageError extends Error {}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    municipality: { type: 'string' },
    name: { type: 'string' },
    badge: { type: 'string' },
    with: { type: 'string' },
    'codice-fiscale': { type: 'string' },
    pupil: { type: 'string' },
    records: { type: 'string' },
    record: { type: 'string' },
    document: { type: 'string' },
    title: { type: 'string' },
    kind: { type: 'string', default: 'other' },
    household: { type: 'string' },
    diet: { type: 'string' },
    'diet-kind': { type: 'string', default: '' },
    reference: { type: 'string', default: '' },
    from: { type: 'string' },
    until: { type: 'string', default: '' },
    as: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const editor: Editor = { name: values.as ?? userInfo().username, source: 'command' };

type Command = (deps: CommandDeps, municipalityId: MunicipalityId) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  async find({ office }, municipalityId) {
    const pupils = await office.listPupils(municipalityId, {
      name: values.name ?? null,
      codiceFiscale: values['codice-fiscale'] ?? null,
      badgeNumber: values.badge ?? null,
      after: null,
      limit: LINES_MAX,
    });
    for (const found of pupils) say(found);
    if (pupils.length === LINES_MAX) console.error(`Solo i primi ${LINES_MAX}: restringere la ricerca.`);
  },
  async show(deps, municipalityId) {
    const record = await deps.office.findPupil(municipalityId, pupil());
    if (record === null) return fail(NO_PUPIL);
    await noteRead(deps, municipalityId, pupil());
    say(record);
  },
  async diets(deps, municipalityId) {
    const versions = await deps.office.listDietVersions(municipalityId, pupil());
    if (versions === null) return fail(NO_PUPIL);
    await noteRead(deps, municipalityId, pupil());
    for (const version of versions.toReversed()) say(version);
  },
  async 'record-diet'(deps, municipalityId) {
    const dietCode = required('diet').toUpperCase();
    const diet = {
      ...{ dietCode: dietCode === NONE ? '' : dietCode, kind: values['diet-kind'], reference: values.reference },
      ...{ validFrom: required('from'), validUntil: values.until },
    };
    await put(deps, municipalityId, { ...NO_RECORDS, diets: [{ pupilId: pupil(), diets: [diet] }] });
  },
  async households({ office }, municipalityId) {
    const page = { name: values.name ?? null, after: null, limit: LINES_MAX };
    for (const household of await office.listHouseholds(municipalityId, page)) say(household);
  },
  async household(deps, municipalityId) {
    const householdId = parseId(required('household'));
    if (householdId === null) throw new UsageError('--household è un UUID, come lo dice households');
    const household = await deps.office.findHousehold(municipalityId, householdId);
    if (household === null) return fail('Non c’è nessun nucleo con questo identificativo.');
    for (const { pupilId } of household.pupils) await noteRead(deps, municipalityId, pupilId);
    say(household);
  },
  async put(deps, municipalityId) {
    const source = required('records');
    const typed: unknown = JSON.parse(await (source === '-' ? text(process.stdin) : readFile(source, 'utf8')));
    const records = RecordsBody.safeParse(typed);
    if (!records.success)
      throw new UsageError(records.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
    await put(deps, municipalityId, records.data);
  },
  async 'replace-badge'(deps, municipalityId) {
    const replacement = {
      lostNumber: required('badge').toUpperCase(),
      badgeNumber: required('with').toUpperCase(),
      badgeId: uuidV7(),
      validFrom: serviceDateAt(new Date()),
    };
    const decision = await replaceBadge({ ...deps, reads: deps.office }, municipalityId, replacement, editor);
    if (decision.ok) say({ replaced: replacement.lostNumber, by: replacement.badgeNumber });
    else if (decision.refusal.kind === 'unknown_badge') fail('Nessun alunno ha in uso un badge con questo numero.');
    else tellRefusals(decision.refusal.refusals);
  },
  async 'file-document'({ fascicolo }, municipalityId) {
    const path = required('document');
    const bytes = await readFile(path);
    const filed = await fileDocument(fascicolo, municipalityId, {
      ...{ documentId: uuidV7(), pupilId: pupil(), bytes, addedBy: editor.name },
      ...{ kind: values.kind, title: required('title'), fileName: basename(path) },
      declaredType: (await fileTypeFromBuffer(bytes))?.mime ?? '',
    });
    if (filed.ok) say({ documentId: filed.value.documentId });
    else fail(`Il documento non è stato salvato: ${filed.refusal.kind} ${filed.refusal.field}`.trimEnd());
  },
  async edits({ office }, municipalityId) {
    const page = { recordId: values.record ?? null, afterEditId: null, limit: LINES_MAX };
    for (const edit of await office.listEdits(municipalityId, page)) say(edit);
  },
};

const command = COMMANDS[positionals[0] ?? ''];
if (values.help || positionals.length === 0) console.log(HELP);
else {
  try {
    const municipalityId = parseNumberId<MunicipalityId>(Number(values.municipality));
    if (command === undefined || municipalityId === null) throw new UsageError(HELP);
    await withRegistry('office', (deps) => command(deps, municipalityId));
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = cause instanceof UsageError ? 2 : 1;
  }
}

async function put(deps: CommandDeps, municipalityId: MunicipalityId, records: RecordsInput): Promise<void> {
  const decision = await putRecords(deps, municipalityId, records, editor);
  if (decision.ok) say({ changedCount: decision.value.changedCount });
  else tellRefusals(decision.refusal.refusals);
}

/** Leaves the line in the access log that the guardian sees; the reader is the name given to the command. */
async function noteRead(deps: CommandDeps, municipalityId: MunicipalityId, pupilId: PupilId): Promise<void> {
  const readerId = id<PersonId>(uuidV5(editor.name, COMMAND_READERS));
  await deps.accessLog.note(municipalityId, pupilId, {
    ...{ readerId, readerRole: 'office', what: 'record', readAt: new Date() },
  });
}

function say(line: unknown): void {
  console.log(JSON.stringify(line));
}

function fail(sentence: string): void {
  console.error(sentence);
  process.exitCode = 1;
}

function tellRefusals(refusals: readonly RecordRefusal[]): void {
  for (const { recordKind, index, field, kind } of refusals) {
    fail(`${[recordKind, index, field].join('.')}: ${REFUSAL_SENTENCES[kind]}`);
  }
}

function required(
  name: 'records' | 'badge' | 'with' | 'document' | 'title' | 'pupil' | 'diet' | 'from' | 'household',
): string {
  const value = values[name];
  if (value === undefined) throw new UsageError(`--${name} manca\n\n${HELP}`);
  return value;
}

function pupil(): PupilId {
  const pupilId = parseId<PupilId>(required('pupil'));
  if (pupilId === null) throw new UsageError('--pupil è un UUID, come lo dice find');
  return pupilId;
}
