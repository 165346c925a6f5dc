import { type PartitaIva, parsePartitaIva } from '@campanella/vocabulary';
import type { AttemptStore, Company, CompanyStore } from '../app/ports.ts';
import type { CodeHash } from './person-store.ts';

interface CompanyRow {
  readonly municipality_id: number;
  readonly company_id: string;
  readonly partita_iva: string;
  readonly name: string;
  readonly password_hash: string;
  readonly state: 'open' | 'shut';
}

const COLUMNS = 'municipality_id, company_id, partita_iva, name, password_hash, state';

/** The table companies. */
export const companyStore: CompanyStore = {
  find: async (tx, municipalityId, partitaIva) => {
    const { rows } = await tx.query<CompanyRow>({
      name: 'find_company',
      text: `select ${COLUMNS} from companies where municipality_id = $1 and partita_iva = $2`,
      values: [municipalityId, partitaIva],
    });
    const [row] = rows;
    return row === undefined ? null : toCompany(row);
  },
  list: async (tx, municipalityId) => {
    const { rows } = await tx.query<CompanyRow>({
      name: 'list_companies',
      text: `select ${COLUMNS} from companies where municipality_id = $1 order by name, partita_iva`,
      values: [municipalityId],
    });
    return rows.map(toCompany);
  },
  put: async (tx, company, now) => {
    await tx.query({
      name: 'put_company',
      text: `insert into companies (${COLUMNS}, password_set_at) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (municipality_id, partita_iva) do update set
               name = excluded.name, password_hash = excluded.password_hash, state = excluded.state,
               password_set_at = case when companies.password_hash = excluded.password_hash
                 then companies.password_set_at else excluded.password_set_at end`,
      values: [
        company.municipalityId,
        company.companyId,
        company.partitaIva,
        company.name,
        company.passwordHash,
        company.state,
        now,
      ],
    });
  },
};

function toCompany(row: CompanyRow): Company {
  return {
    municipalityId: row.municipality_id,
    companyId: row.company_id,
    partitaIva: partitaIvaOf(row.partita_iva),
    name: row.name,
    passwordHash: row.password_hash,
    state: row.state,
  };
}

function partitaIvaOf(text: string): PartitaIva {
  const parsed = parsePartitaIva(text);
  if (parsed === null) throw new RangeError('the table companies holds a partita IVA that is none');
  return parsed;
}

/** The table login_attempts; of accounts and addresses only a keyed hash is kept. */
export function attemptStore(hash: CodeHash): AttemptStore {
  return {
    count: async (tx, municipalityId, key, { now, lengthMs }) => {
      const { rows } = await tx.query<{ attempts: number; window_ends_at: Date }>({
        name: 'count_attempt',
        text: `insert into login_attempts as l (municipality_id, key_hash, attempts, window_ends_at) values ($1, $2, 1, $4)
               on conflict (municipality_id, key_hash) do update set
                 attempts = case when l.window_ends_at <= $3 then 1 else l.attempts + 1 end,
                 window_ends_at = case when l.window_ends_at <= $3 then excluded.window_ends_at else l.window_ends_at end
               returning attempts, window_ends_at`,
        values: [municipalityId, hash(municipalityId, 'attempts', key), now, new Date(now.getTime() + lengthMs)],
      });
      const [row] = rows;
      if (row === undefined) throw new TypeError('an upsert answered no row');
      return { attempts: row.attempts, windowEndsAt: row.window_ends_at };
    },
    forget: async (tx, municipalityId, key) => {
      await tx.query({
        name: 'forget_attempts',
        text: 'delete from login_attempts where municipality_id = $1 and key_hash = $2',
        values: [municipalityId, hash(municipalityId, 'attempts', key)],
      });
    },
  };
}
