import { HttpRefusal, identityOf, malformed, notFound } from '@campanella/service-kit';
import { type PupilId, parseId, serviceDateAt } from '@campanella/vocabulary';
import { json, type RequestHandler, type Router } from 'express';
import type { z } from 'zod';
import { type OfficeReads, replaceBadge } from '../app/office.ts';
import { type PutDeps, type PutResult, putRecords } from '../app/put-records.ts';
import type { RecordsRefused } from '../domain/decide-put.ts';
import { type Diet, dietCodeOn } from '../domain/diet.ts';
import type { RecordsInput } from '../domain/parse-records.ts';
import type { Editor } from '../domain/record-edits.ts';
import { REFUSAL_SENTENCES } from '../refusal-sentences.ts';
import { type FascicoloApiDeps, noteRead } from './fascicolo-api.ts';
import {
  BadgeReplacementBody,
  type DietHistoryAnswer,
  DietHistoryQuery,
  type EditsAnswer,
  EditsQuery,
  type HouseholdAnswer,
  type HouseholdsAnswer,
  HouseholdsQuery,
  type OfficePupilAnswer,
  type OfficePupilsAnswer,
  OfficePupilsQuery,
  type PutAnswer,
  RecordsBody,
} from './office-description.ts';
import { toRecord } from './record-answer.ts';

export interface OfficeApiDeps extends Pick<FascicoloApiDeps, 'accessLog' | 'clock'> {
  readonly put: PutDeps;
  readonly office: OfficeReads;
}

/** The most that the office may send at once: a class with its enrolments and badges. */
const BODY_BYTES_MAX = 64 * 1024;
const CURSOR_SEPARATOR = '\n';
const MALFORMED = 'La richiesta non è valida: correggere i campi indicati';

/** Lets only the office through; to everybody else there is nothing here. */
export const officeOnly: RequestHandler = (_request, response, next) => {
  if (identityOf(response).role !== 'office') throw notFound();
  next();
};

/** The office's edits, one at a time or a few that belong together, each with a line that says who and what. */
export function officeRoutes(router: Router, deps: OfficeApiDeps): void {
  const put = { ...deps.put, reads: deps.office };
  router.use('/api/anagrafica/office', officeOnly);

  router.get('/api/anagrafica/office/pupils', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const { cursor, limit, ...wanted } = take(OfficePupilsQuery, request.query);
    const found = await deps.office.listPupils(municipalityId, {
      name: wanted.name ?? null,
      codiceFiscale: wanted.codiceFiscale ?? null,
      badgeNumber: wanted.badgeNumber ?? null,
      after: cursor === undefined ? null : parseCursor(cursor),
      limit: limit + 1,
    });
    const pupils = found.slice(0, limit);
    const last = found.length > limit ? pupils.at(-1) : undefined;
    const nextCursor = last === undefined ? null : cursorOf([last.familyName, last.givenName, last.pupilId]);
    const answer: OfficePupilsAnswer = {
      pupils: pupils.map(({ closed, ...pupil }) => ({ ...pupil, status: closed ? 'closed' : 'open' })),
      nextCursor,
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.get('/api/anagrafica/office/pupils/:pupilId', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const pupilId = parseId<PupilId>(request.params.pupilId);
    const record = pupilId === null ? null : await deps.office.findPupil(municipalityId, pupilId);
    if (record === null || pupilId === null) throw notFound();
    await noteRead(deps, response, pupilId, 'record');
    const now = deps.clock.now();
    const answer: OfficePupilAnswer = {
      ...toRecord(record, now),
      dietCode: dietCodeOn(record.diets, serviceDateAt(now)),
      diets: record.diets.map(toDiet),
      household: record.household,
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.get('/api/anagrafica/office/pupils/:pupilId/diets', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const { cursor, limit } = take(DietHistoryQuery, request.query);
    const pupilId = parseId<PupilId>(request.params.pupilId);
    const versions = pupilId === null ? null : await deps.office.listDietVersions(municipalityId, pupilId);
    if (versions === null || pupilId === null) throw notFound();
    await noteRead(deps, response, pupilId, 'record');
    // Versions are only ever added: the count of those before a page is where it goes on.
    const end = Math.min(cursor ?? versions.length, versions.length);
    const begin = Math.max(end - limit, 0);
    const answer: DietHistoryAnswer = {
      versions: versions
        .slice(begin, end)
        .reverse()
        .map(({ recordedAt, recordedBy, diets }) => ({
          recordedAt: recordedAt?.toISOString() ?? null,
          recordedBy: recordedBy?.name ?? '',
          diets: diets.map(toDiet),
        })),
      nextCursor: begin === 0 ? null : String(begin),
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.get('/api/anagrafica/office/households', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const { cursor, limit, name } = take(HouseholdsQuery, request.query);
    const after = cursor === undefined ? null : parseNameCursor(cursor);
    const found = await deps.office.listHouseholds(municipalityId, { name: name ?? null, after, limit: limit + 1 });
    const households = found.slice(0, limit);
    const last = found.length > limit ? households.at(-1) : undefined;
    const answer: HouseholdsAnswer = { households, nextCursor: last === undefined ? null : cursorOf([last.name]) };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.get('/api/anagrafica/office/households/:householdId', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const householdId = parseId(request.params.householdId);
    const household = householdId === null ? null : await deps.office.findHousehold(municipalityId, householdId);
    if (household === null) throw notFound();
    for (const { pupilId } of household.pupils) await noteRead(deps, response, pupilId, 'record');
    const answer: HouseholdAnswer = {
      ...household,
      certifications: household.certifications.map(({ iseeCents, reference, validity }) => ({
        ...{ iseeCents: iseeCents ?? 0, reference },
        validFrom: validity.from,
        validUntil: validity.until,
      })),
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.put('/api/anagrafica/office/records', json({ limit: BODY_BYTES_MAX }), async (request, response) => {
    const { municipalityId, personId } = identityOf(response);
    const input: RecordsInput = take(RecordsBody, request.body);
    const decision = await putRecords(put, municipalityId, input, officeEditor(personId));
    if (!decision.ok) throw refused(decision.refusal);
    response.set('cache-control', 'no-store').json(toAnswer(decision.value));
  });

  router.post(
    '/api/anagrafica/office/badge-replacements',
    json({ limit: BODY_BYTES_MAX }),
    async (request, response) => {
      const { municipalityId, personId } = identityOf(response);
      const body = take(BadgeReplacementBody, request.body);
      const replacement = { ...body, validFrom: serviceDateAt(deps.clock.now()) };
      const decision = await replaceBadge(put, municipalityId, replacement, officeEditor(personId));
      if (!decision.ok) {
        throw decision.refusal.kind === 'unknown_badge'
          ? new HttpRefusal(404, 'unknown_badge', 'Nessun alunno ha in uso un badge con questo numero')
          : refused(decision.refusal);
      }
      response.set('cache-control', 'no-store').json(toAnswer(decision.value));
    },
  );

  router.get('/api/anagrafica/office/edits', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const { cursor, limit, recordId } = take(EditsQuery, request.query);
    const page = { recordId: recordId ?? null, afterEditId: cursor ?? null, limit: limit + 1 };
    const found = await deps.office.listEdits(municipalityId, page);
    const edits = found.slice(0, limit);
    const answer: EditsAnswer = {
      edits: edits.map(({ editId, editedAt, editor, recordKind, recordId: id, isNew, fields }) => ({
        ...{ editId, editedAt: editedAt.toISOString(), editor: editor.name, source: editor.source },
        ...{ recordKind, recordId: id, isNew, fields: [...fields] },
      })),
      nextCursor: found.length > limit ? (edits.at(-1)?.editId ?? null) : null,
    };
    response.set('cache-control', 'no-store').json(answer);
  });
}

function toDiet({ validity, ...diet }: Diet): DietHistoryAnswer['versions'][number]['diets'][number] {
  return { ...diet, validFrom: validity.from, validUntil: validity.until };
}

function officeEditor(personId: string): Editor {
  return { name: personId, source: 'office' };
}

function toAnswer({ changedCount }: PutResult): PutAnswer {
  return { changedCount };
}

/** One sentence per field at fault, by its place in what was sent: `pupils.0.codice_fiscale`. */
function refused({ refusals }: RecordsRefused): HttpRefusal {
  const fields = Object.fromEntries(
    refusals.map(({ recordKind, index, field, kind }) => [
      [recordKind, index, ...(field === '' ? [] : [field])].join('.'),
      REFUSAL_SENTENCES[kind],
    ]),
  );
  return new HttpRefusal(
    422,
    'records_refused',
    'Nulla è stato salvato: correggere i dati indicati e riprovare',
    fields,
  );
}

function take<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw malformed(MALFORMED, parsed.error);
}

function cursorOf(words: readonly string[]): string {
  return Buffer.from(words.join(CURSOR_SEPARATOR)).toString('base64url');
}

/** The last household's name of the page before. */
function parseNameCursor(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (name === '' || /\p{Cc}/u.test(name)) throw malformed(MALFORMED, { issues: [{ path: ['cursor'] }] });
  return name;
}

function parseCursor(cursor: string) {
  const [familyName, givenName, pupilId, ...rest] = Buffer.from(cursor, 'base64url').toString().split(CURSOR_SEPARATOR);
  const id = parseId(pupilId ?? '');
  const isOurs =
    familyName !== undefined && givenName !== undefined && rest.length === 0 && !/\p{Cc}/u.test(familyName + givenName);
  if (!isOurs || id === null) {
    throw malformed(MALFORMED, { issues: [{ path: ['cursor'] }] });
  }
  return { familyName, givenName, pupilId: id };
}
