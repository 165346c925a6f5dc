import type { Database } from '@campanella/postgres';
import { id, type MunicipalityId, numberId, type SchoolId, type TerminalId } from '@campanella/vocabulary';
import type { TerminalRecord, TerminalStore } from '../app/terminals.ts';

interface TerminalRow {
  readonly municipality_id: number;
  readonly terminal_id: string;
  readonly school_id: string;
  readonly name: string;
  readonly key_hash: Buffer;
  readonly disabled_at: Date | null;
}

/** Terminals and what proves them, in PostgreSQL. */
export function terminalStore(database: Database): TerminalStore {
  return {
    async findTerminal(terminalId) {
      const { rows } = await database.query<TerminalRow>({
        name: 'find_terminal',
        text: `select municipality_id, terminal_id, school_id, name, key_hash, disabled_at from terminals where terminal_id = $1`,
        values: [terminalId],
      });
      const [row] = rows;
      return row === undefined ? null : toTerminal(row);
    },
    async putTerminal({ terminal, keyHash }) {
      const { rowCount } = await database.query({
        name: 'put_terminal',
        text: `insert into terminals (municipality_id, terminal_id, school_id, name, key_hash) values ($1, $2, $3, $4, $5)
               on conflict (terminal_id) do update set school_id = excluded.school_id, name = excluded.name,
                 key_hash = excluded.key_hash, disabled_at = null
               where terminals.municipality_id = excluded.municipality_id`,
        values: [terminal.municipalityId, terminal.terminalId, terminal.schoolId, terminal.name, keyHash],
      });
      return rowCount > 0;
    },
    async disableTerminal(municipalityId, terminalId) {
      const { rowCount } = await database.query({
        name: 'disable_terminal',
        text: `update terminals set disabled_at = coalesce(disabled_at, now()) where municipality_id = $1 and terminal_id = $2`,
        values: [municipalityId, terminalId],
      });
      return rowCount > 0;
    },
    async listDisabled(terminalIds) {
      const { rows } = await database.query<{ terminal_id: string }>({
        name: 'list_disabled_terminals',
        text: 'select terminal_id from terminals where terminal_id = any($1::uuid[]) and disabled_at is not null',
        values: [[...terminalIds]],
      });
      return rows.map((row) => id<TerminalId>(row.terminal_id));
    },
  };
}

function toTerminal(row: TerminalRow): TerminalRecord {
  return {
    terminal: {
      municipalityId: numberId<MunicipalityId>(row.municipality_id),
      terminalId: id<TerminalId>(row.terminal_id),
      schoolId: id<SchoolId>(row.school_id),
      name: row.name,
    },
    keyHash: row.key_hash,
    isDisabled: row.disabled_at !== null,
  };
}
