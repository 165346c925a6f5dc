import type { Transaction } from '@campanella/postgres';
import type { MunicipalityId, SchoolId } from '@campanella/vocabulary';
import type { CalendarEdit, CalendarEditKind } from '../domain/calendar-edit.ts';

/** Who edits, and by which door. */
export interface Editor {
  /** A person's id, or the name that was given to a command. */
  readonly name: string;
  readonly source: 'office' | 'command' | 'import' | 'service';
}

/** The line that a change leaves: what was put and where, never what it says. */
export interface CalendarEditLine {
  readonly what: CalendarEditKind | 'import';
  /** Null for an import, whose line stands for all schools. */
  readonly schoolId: SchoolId | null;
  readonly service: string | null;
  /** Of an import, those that changed something. */
  readonly files: readonly string[];
}

/** A line as it is kept: who changed it, and when. */
export interface KeptEdit extends CalendarEditLine {
  /** In the order of time. */
  readonly editId: string;
  readonly editedAt: Date;
  readonly editor: Editor;
}

export interface CalendarStore {
  /** Puts the edit in the place of what there was; true where something is different now. */
  apply(tx: Transaction, edit: CalendarEdit): Promise<boolean>;
  note(tx: Transaction, edit: CalendarEdit, editor: Editor, at: Date): Promise<void>;
  /** Newest first. */
  listEdits(
    municipalityId: MunicipalityId,
    page: { readonly beforeEditId: string | null; readonly limit: number },
  ): Promise<readonly KeptEdit[]>;
}

export interface EditCalendarDeps {
  readonly transaction: <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;
  readonly calendar: CalendarStore;
  readonly clock: { now(): Date };
}

/**
 * Carries out edits of calendars, menus and rules in one transaction, all or none, each that changes something with a line that says who and
 * what. The same again changes nothing and leaves no line.
 *
 * @param isDryRun finds out what would change, and changes nothing
 * @returns how many changed something
 */
export async function editCalendar(
  { transaction, calendar, clock }: EditCalendarDeps,
  edits: readonly CalendarEdit[],
  editor: Editor,
  isDryRun = false,
): Promise<number> {
  const change = async (tx: Transaction): Promise<number> => {
    let changedCount = 0;
    for (const edit of edits) {
      if (!(await calendar.apply(tx, edit))) continue;
      changedCount += 1;
      await calendar.note(tx, edit, editor, clock.now());
    }
    if (isDryRun) throw new DryRun(changedCount);
    return changedCount;
  };
  try {
    return await transaction(change);
  } catch (cause) {
    if (cause instanceof DryRun) return cause.changedCount;
    throw cause;
  }
}

/** Ends the transaction without storing anything, and carries out what was found. */
class DryRun extends Error {
  readonly changedCount: number;
  constructor(changedCount: number) {
    super('dry run');
    this.changedCount = changedCount;
  }
}
