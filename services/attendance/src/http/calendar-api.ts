import { HttpRefusal, identityOf, malformed, notFound } from '@campanella/service-kit';
import type { RequestHandler, Router } from 'express';
import { type EditCalendarDeps, editCalendar } from '../app/edit-calendar.ts';
import type { KitchenStore } from '../app/kitchen.ts';
import { type CalendarEditKind, parseCalendarEdit } from '../domain/calendar-edit.ts';
import { EDIT_SENTENCES } from '../edit-sentences.ts';
import { EDIT_BODIES, type EditAnswer, type EditsAnswer, EditsQuery } from './calendar-description.ts';
import { MESSAGES } from './messages.ts';

/** The office's edits of calendars, menus and rules, one at a time, and the list of them; to everybody else there is nothing here. */
export function calendarRoutes(
  router: Router,
  deps: { readonly calendar: EditCalendarDeps; readonly kitchen: Pick<KitchenStore, 'listSchools'> },
): void {
  router.use('/api/attendance/office/calendar', (_request, response, next) => {
    if (identityOf(response).role !== 'office') throw notFound();
    next();
  });

  const edit =
    <Kind extends CalendarEditKind>(kind: Kind): RequestHandler =>
    async (request, response) => {
      const { municipalityId, personId } = identityOf(response);
      const body = EDIT_BODIES[kind].safeParse(request.body);
      if (!body.success) throw malformed(MESSAGES.malformedEdit, body.error);
      const schools = await deps.kitchen.listSchools(municipalityId);
      if (!schools.some(({ schoolId }) => schoolId === body.data.schoolId)) throw notFound();
      const parsed = parseCalendarEdit(kind, municipalityId, body.data);
      if (!parsed.ok) {
        const { field } = parsed.refusal;
        throw new HttpRefusal(422, 'malformed', MESSAGES.malformedEdit, { [field]: EDIT_SENTENCES[field] });
      }
      const changedCount = await editCalendar(deps.calendar, [parsed.value], { name: personId, source: 'office' });
      const answer: EditAnswer = { changed: changedCount > 0 };
      response.set('cache-control', 'no-store').json(answer);
    };
  router.put('/api/attendance/office/calendar/service-days', edit('service_days'));
  router.put('/api/attendance/office/calendar/closed-days', edit('closed_days'));
  router.put('/api/attendance/office/calendar/sittings', edit('sittings'));
  router.put('/api/attendance/office/calendar/menus', edit('menus'));
  router.put('/api/attendance/office/calendar/menu-rotation', edit('menu_rotation'));
  router.put('/api/attendance/office/calendar/absence-rules', edit('absence_rules'));
  router.put('/api/attendance/office/calendar/charging-policy', edit('charging_policy'));
  router.put('/api/attendance/office/calendar/cut-off', edit('cut_off'));

  router.get('/api/attendance/office/calendar/edits', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const parsed = EditsQuery.safeParse(request.query);
    if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
    const { cursor, limit } = parsed.data;
    const page = { beforeEditId: cursor ?? null, limit: limit + 1 };
    const found = await deps.calendar.calendar.listEdits(municipalityId, page);
    const edits = found.slice(0, limit);
    const answer: EditsAnswer = {
      edits: edits.map(({ editedAt, editor, files, ...edit }) => ({
        ...edit,
        files: [...files],
        ...{ editedAt: editedAt.toISOString(), editor: editor.name, source: editor.source },
      })),
      nextCursor: found.length > limit ? (edits.at(-1)?.editId ?? null) : null,
    };
    response.set('cache-control', 'no-store').json(answer);
  });
}
