import type { Database } from '@campanella/postgres';
import { cents, id, type SchoolId, type TransferId } from '@campanella/vocabulary';
import type { CorrectionStore, CorrectMeal, MealCorrection, MealKey } from '../app/correct-meal.ts';
import type { Charge } from '../domain/swipe.ts';

interface CorrectionRow {
  readonly correction_id: string;
  readonly reason: string;
  readonly corrected_at: Date;
}

/** Corrections of meals in PostgreSQL. */
export function correctionStore(database: Database): CorrectionStore {
  return {
    async findMeal(key) {
      const { rows } = await database.query<
        {
          school_id: string;
          charge: Charge;
          amount_cents: number;
          transfer_id: string | null;
        } & Partial<CorrectionRow>
      >({
        name: 'find_charged_meal',
        text: `select p.school_id, p.charge, p.amount_cents, p.transfer_id, c.correction_id, c.reason, c.corrected_at
               from (
                 select 1 as n, municipality_id, pupil_id, service, service_date, school_id, charge, amount_cents, transfer_id from presences
                 union all
                 select 2, municipality_id, pupil_id, service, service_date, school_id, charge, amount_cents, transfer_id from booked_charges
               ) p left join meal_corrections c using (municipality_id, pupil_id, service, service_date)
               where p.municipality_id = $1 and p.pupil_id = $2 and p.service = $3 and p.service_date = $4
               order by (charge in ('debited', 'invoiced')) desc, n limit 1`,
        values: keyOf(key),
      });
      const [row] = rows;
      if (row === undefined) return null;
      const { correction_id: correctionId, reason, corrected_at: correctedAt } = row;
      return {
        schoolId: id<SchoolId>(row.school_id),
        charge: row.charge,
        amountCents: cents(row.amount_cents),
        transferId: row.transfer_id === null ? null : id<TransferId>(row.transfer_id),
        correction: correctionId && reason && correctedAt ? { correctionId, reason, correctedAt } : null,
      };
    },
    keep: (command, reversalId, at) => keep(database, command, reversalId, at),
  };
}

async function keep(
  database: Database,
  command: CorrectMeal,
  reversalId: TransferId | null,
  at: Date,
): Promise<MealCorrection> {
  const key = keyOf(command);
  await database.query({
    name: 'keep_correction',
    text: `insert into meal_corrections (municipality_id, pupil_id, service, service_date, correction_id, reason, reversal_id,
                                         corrected_by, corrected_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (municipality_id, pupil_id, service, service_date) do nothing`,
    values: [...key, command.correctionId, command.reason, reversalId, command.correctedBy, at],
  });
  const { rows } = await database.query<CorrectionRow>({
    name: 'find_correction',
    text: `select correction_id, reason, corrected_at from meal_corrections
           where municipality_id = $1 and pupil_id = $2 and service = $3 and service_date = $4`,
    values: key,
  });
  const [row] = rows;
  if (row === undefined) throw new Error('a correction that was kept is not there');
  return { correctionId: row.correction_id, reason: row.reason, correctedAt: row.corrected_at };
}

function keyOf({ municipalityId, pupilId, service, serviceDate }: MealKey) {
  return [municipalityId, pupilId, service, serviceDate];
}
