import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { type MunicipalityId, parseNumberId } from '@campanella/vocabulary';
import { type EditCalendarDeps, editCalendar } from './app/edit-calendar.ts';
import { withAttendance } from './command.ts';
import { CALENDAR_EDIT_KINDS, parseCalendarEdit } from './domain/calendar-edit.ts';
import { EDIT_SENTENCES } from './edit-sentences.ts';
import { EDIT_BODIES } from './http/calendar-description.ts';
import { calendarStore } from './store/calendar-store.ts';
import { listSchools } from './store/kitchen-store.ts';

const HELP = `Calendari, menu e regole delle assenze dalla riga di comando; ogni modifica lascia una riga nel registro.

  npm run office -- calendar schools --municipality N
  npm run office -- calendar put     --municipality N --what COSA --records FILE.json   (- legge dall’ingresso; la forma è quella dell’API)
  npm run office -- calendar edits   --municipality N

  --what     ${CALENDAR_EDIT_KINDS.join(', ')}
  --as CHI   chi modifica, per il registro; senza, il nome utente di questo computer

Vuole DATABASE_URL come il servizio attendance. Risponde in righe di JSON. Finisce con 0 se è riuscito, 1 se qualcosa è stato rifiutato, 2 se il
comando è sbagliato.`;
const LINES_MAX = 100;

/** What was typed is not right; the message says what would be. */
class UsageError extends Error {}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    municipality: { type: 'string' },
    what: { type: 'string' },
    records: { type: 'string' },
    as: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const COMMANDS: Readonly<Record<string, (deps: CommandDeps, municipalityId: MunicipalityId) => Promise<void>>> = {
  async schools({ schools }, municipalityId) {
    for (const school of await schools(municipalityId)) say(school);
  },
  async put({ calendar, schools }, municipalityId) {
    const kind = CALENDAR_EDIT_KINDS.find((one) => one === values.what);
    if (kind === undefined || values.records === undefined) throw new UsageError(HELP);
    const { records } = values;
    const typed: unknown = JSON.parse(await (records === '-' ? text(process.stdin) : readFile(records, 'utf8')));
    const body = EDIT_BODIES[kind].safeParse(typed);
    if (!body.success)
      throw new UsageError(body.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
    const isKnown = (await schools(municipalityId)).some(({ schoolId }) => schoolId === body.data.schoolId);
    if (!isKnown) return fail(`school_id: ${EDIT_SENTENCES.school_id}`);
    const edit = parseCalendarEdit(kind, municipalityId, body.data);
    if (!edit.ok) return fail(`${edit.refusal.field}: ${EDIT_SENTENCES[edit.refusal.field]}`);
    const editor = { name: values.as ?? userInfo().username, source: 'command' } as const;
    say({ changed: (await editCalendar(calendar, [edit.value], editor)) > 0 });
  },
  async edits({ calendar }, municipalityId) {
    const page = { beforeEditId: null, limit: LINES_MAX };
    for (const edit of await calendar.calendar.listEdits(municipalityId, page)) say(edit);
  },
};

interface CommandDeps {
  readonly calendar: EditCalendarDeps;
  readonly schools: (municipalityId: MunicipalityId) => ReturnType<typeof listSchools>;
}

const command = COMMANDS[positionals[0] ?? ''];
if (values.help || positionals.length === 0) console.log(HELP);
else {
  try {
    const municipalityId = parseNumberId<MunicipalityId>(Number(values.municipality));
    if (command === undefined || municipalityId === null) throw new UsageError(HELP);
    await withAttendance('office', ({ database, transaction, clock }) =>
      command(
        {
          calendar: { transaction, clock, calendar: calendarStore(database) },
          schools: (municipality) => listSchools(database, municipality),
        },
        municipalityId,
      ),
    );
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = cause instanceof UsageError ? 2 : 1;
  }
}

function say(line: unknown): void {
  console.log(JSON.stringify(line));
}

function fail(sentence: string): void {
  console.error(sentence);
  process.exitCode = 1;
}
