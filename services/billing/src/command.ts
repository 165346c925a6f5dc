import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { openFieldCipher } from '@campanella/field-encryption';
import { openDatabase } from '@campanella/postgres';
import { createLogger, readConfig } from '@campanella/service-kit';
import {
  cents,
  type Decision,
  type MunicipalityId,
  parseNumberId,
  parseServiceCode,
  parseServiceDate,
  type ServiceDate,
  serviceDateAt,
} from '@campanella/vocabulary';
import { z } from 'zod';
import { type OfficeOperations, officeOperations } from './app/office.ts';
import type { Editor, Run, RunStore } from './app/runs.ts';
import { environment } from './config.ts';
import { parseMonth } from './domain/month.ts';
import { type CollectionDeps, collectionFile } from './http/collection-file.ts';
import { OFFICE_SENTENCES, type OfficeRefusalKind } from './http/messages.ts';
import { creditorStore } from './store/creditor-store.ts';
import { documentStore } from './store/document-store.ts';
import { editLog } from './store/edit-log.ts';
import { positionStore } from './store/position-store.ts';
import { rulesStore } from './store/rules-store.ts';
import { runStore } from './store/run-store.ts';

const HELP = `Le elaborazioni dell’ufficio dalla riga di comando: le esegue il servizio billing, che deve essere in funzione.

  npm run billing -- run        --municipality N --month AAAA-MM [--service S] [--issued-on AAAA-MM-GG]
  npm run billing -- reminders  --municipality N [--due-before AAAA-MM-GG] [--days 30]
  npm run billing -- ruolo      --municipality N [--due-before AAAA-MM-GG] [--days 30] [--least CENTESIMI]
  npm run billing -- certify    --municipality N --year AAAA  le certificazioni per il modello 730
  npm run billing -- preview    --municipality N --run ID     lo stato, l’anteprima, quanto è stato fatto
  npm run billing -- confirm    --municipality N --run ID     da una persona diversa da chi ha preparato
  npm run billing -- discard    --municipality N --run ID
  npm run billing -- lines      --municipality N --run ID     una riga per documento
  npm run billing -- export     --municipality N --run ID     CSV di quel che è passato a ruolo
  npm run billing -- runs       --municipality N

  --as CHI   chi agisce, per il registro; senza, il nome utente di questo computer
  --days     giorni dall’ultimo sollecito: per un altro sollecito, o per la messa a ruolo

Vuole DATABASE_URL e FIELD_KEY come il servizio. Risponde in righe di JSON. Finisce con 0 se è riuscito, 1 se qualcosa è stato rifiutato, 2 se il
comando è sbagliato.`;
const RUNS_MAX = 20;
const LINES_PER_PAGE = 500;
const DAYS_MAX = 365;

/** What was typed is not right; the message says what would be. */
class UsageError extends Error {}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    municipality: { type: 'string' },
    month: { type: 'string' },
    year: { type: 'string' },
    service: { type: 'string', default: 'school_meals' },
    'issued-on': { type: 'string' },
    'due-before': { type: 'string' },
    days: { type: 'string', default: '30' },
    least: { type: 'string', default: '0' },
    run: { type: 'string' },
    as: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const editor: Editor = { name: values.as ?? userInfo().username, source: 'command' };

interface CommandDeps extends CollectionDeps {
  readonly operations: OfficeOperations;
  readonly runs: RunStore;
}

type Command = (deps: CommandDeps, municipalityId: MunicipalityId) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  async run({ operations }, municipalityId) {
    const month = parseMonth(required('month'));
    const service = parseServiceCode(values.service);
    if (month === null || service === null) throw new UsageError(HELP);
    const issuedOn = day('issued-on');
    tell(await operations.prepareBilling({ municipalityId, runId: randomUUID(), service, month, issuedOn, editor }));
  },
  reminders: (deps, municipalityId) => overdue(deps, municipalityId, 'reminder'),
  ruolo: (deps, municipalityId) => overdue(deps, municipalityId, 'ruolo'),
  async certify({ operations }, municipalityId) {
    const year = Number(required('year'));
    if (!Number.isInteger(year) || year < 2020 || year > 2100) throw new UsageError('--year è un anno, AAAA');
    tell(await operations.prepareCertification({ municipalityId, runId: randomUUID(), year, editor }));
  },
  async preview({ runs }, municipalityId) {
    const run = await runs.find(municipalityId, required('run'));
    if (run === null) return fail({ kind: 'unknown_run' });
    say(run);
  },
  async confirm({ operations }, municipalityId) {
    tell(await operations.confirm({ municipalityId, runId: required('run'), editor }));
  },
  async discard({ operations }, municipalityId) {
    tell(await operations.discard({ municipalityId, runId: required('run'), editor }));
  },
  async lines({ runs }, municipalityId) {
    const runId = required('run');
    let page = await runs.listLines(municipalityId, runId, null, LINES_PER_PAGE);
    while (page.length > 0) {
      for (const line of page) say(line);
      page = await runs.listLines(municipalityId, runId, page.at(-1) ?? null, LINES_PER_PAGE);
    }
  },
  async export(deps, municipalityId) {
    await pipeline(collectionFile(deps, municipalityId, required('run')), process.stdout, { end: false });
  },
  async runs({ runs }, municipalityId) {
    for (const run of await runs.list(municipalityId, null, RUNS_MAX)) say(run);
  },
};

const command = COMMANDS[positionals[0] ?? ''];
if (values.help || positionals.length === 0) console.log(HELP);
else {
  try {
    const municipalityId = parseNumberId<MunicipalityId>(Number(values.municipality));
    if (command === undefined || municipalityId === null) throw new UsageError(HELP);
    await withBilling((deps) => command(deps, municipalityId));
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = cause instanceof UsageError ? 2 : 1;
  }
}

/** Works on the service's own database, which may be in use. */
async function withBilling(work: (deps: CommandDeps) => Promise<void>): Promise<void> {
  const { DATABASE_URL, FIELD_KEY } = environment.shape;
  const config = readConfig(z.object({ DATABASE_URL, FIELD_KEY }), process.env);
  const logger = createLogger({ service: 'billing', level: 'warn' });
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'billing-command', poolMax: 2 }, logger);
  await database.start();
  try {
    const [documents, runs] = [documentStore(database), runStore(database)];
    const operations = officeOperations(
      {
        ...{ documents, runs, rules: rulesStore(database), edits: editLog(database) },
        creditors: creditorStore(database),
        transaction: database.transaction.bind(database),
        clock: { now: () => new Date() },
      },
      // The service looks for work by itself.
      () => undefined,
    );
    await work({ operations, runs, documents, positions: positionStore(database, openFieldCipher(config.FIELD_KEY)) });
  } finally {
    await database.stop();
  }
}

async function overdue({ operations }: CommandDeps, municipalityId: MunicipalityId, kind: 'reminder' | 'ruolo') {
  const asked = { municipalityId, runId: randomUUID(), kind, dueBefore: day('due-before'), editor };
  const [daysAfterReminder, leastCents] = [number('days', DAYS_MAX), cents(number('least', Number.MAX_SAFE_INTEGER))];
  tell(await operations.prepareOverdue({ ...asked, daysAfterReminder, leastCents }));
}

function tell(decided: Decision<Run, { readonly kind: OfficeRefusalKind }>): void {
  if (decided.ok) say(decided.value);
  else fail(decided.refusal);
}

function say(line: unknown): void {
  console.log(JSON.stringify(line));
}

function fail({ kind }: { readonly kind: OfficeRefusalKind }): void {
  console.error(`${OFFICE_SENTENCES[kind]}.`);
  process.exitCode = 1;
}

function required(name: 'month' | 'year' | 'run'): string {
  const value = values[name];
  if (value === undefined) throw new UsageError(`--${name} manca\n\n${HELP}`);
  return value;
}

/** Today, where it is not said. */
function day(name: 'issued-on' | 'due-before'): ServiceDate {
  const said = values[name];
  const parsed = said === undefined ? serviceDateAt(new Date()) : parseServiceDate(said);
  if (parsed === null) throw new UsageError(`--${name} è un giorno, AAAA-MM-GG`);
  return parsed;
}

function number(name: 'days' | 'least', most: number): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0 || value > most) throw new UsageError(`--${name} è un numero intero`);
  return value;
}
