import type { Database } from '@campanella/postgres';
import { cents, type MunicipalityId, numberId, serviceCode } from '@campanella/vocabulary';
import type { Creditor, CreditorStore } from '../app/ports.ts';
import type { TopUpRules } from '../domain/top-up.ts';

interface CreditorRow {
  readonly municipality_id: number;
  readonly fiscal_code: string;
  readonly company_name: string;
  readonly office_name: string;
  readonly broker_id: string;
  readonly station_id: string;
  readonly segregation_code: string;
  readonly iban: string;
  readonly postal_iban: string | null;
  readonly cbill_code: string | null;
  readonly portal_url: string;
  readonly refuses_late_payments: boolean;
  readonly positions_at: Creditor['positionsAt'];
}

interface RulesRow {
  readonly service: string;
  readonly label: string;
  readonly minimum_cents: number;
  readonly maximum_cents: number;
  readonly step_cents: number;
  readonly taxonomy_code: string;
  readonly pending_days: number;
  readonly low_credit_cents: number | null;
}

const COLUMNS = `municipality_id, fiscal_code, company_name, office_name, broker_id, station_id, segregation_code, iban,
  postal_iban, cbill_code, portal_url, refuses_late_payments, positions_at`;
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Creditors and their rules in PostgreSQL. */
export function creditorStore(database: Database): CreditorStore {
  return {
    async findCreditor(municipalityId) {
      const { rows } = await database.query<CreditorRow>({
        name: 'find_creditor',
        text: `select ${COLUMNS} from creditors where municipality_id = $1`,
        values: [municipalityId],
      });
      return rows[0] === undefined ? null : toCreditor(rows[0]);
    },
    async findCreditorByFiscalCode(fiscalCode) {
      const { rows } = await database.query<CreditorRow>({
        name: 'find_creditor_by_fiscal_code',
        text: `select ${COLUMNS} from creditors where fiscal_code = $1`,
        values: [fiscalCode],
      });
      return rows[0] === undefined ? null : toCreditor(rows[0]);
    },
    async listRules(municipalityId) {
      const { rows } = await database.query<RulesRow>({
        name: 'list_top_up_rules',
        text: `select service, label, minimum_cents, maximum_cents, step_cents, taxonomy_code, pending_days,
                 low_credit_cents
               from top_up_rules where municipality_id = $1 order by service`,
        values: [municipalityId],
      });
      return rows.map(toRules);
    },
    putCreditor: (creditor) => putCreditor(database, creditor),
    putRules: (municipalityId, rules) => putRules(database, municipalityId, rules),
  };
}

async function putCreditor(database: Database, creditor: Creditor): Promise<'put' | 'held' | 'fixed'> {
  const { municipalityId, fiscalCode, companyName, officeName, brokerId, stationId, segregationCode } = creditor;
  try {
    const { rowCount } = await database.query({
      name: 'put_creditor',
      text: `insert into creditors (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             on conflict (municipality_id) do update set
               fiscal_code = excluded.fiscal_code, company_name = excluded.company_name,
               office_name = excluded.office_name, broker_id = excluded.broker_id, station_id = excluded.station_id,
               segregation_code = excluded.segregation_code, iban = excluded.iban, postal_iban = excluded.postal_iban,
               cbill_code = excluded.cbill_code, portal_url = excluded.portal_url,
               refuses_late_payments = excluded.refuses_late_payments, positions_at = excluded.positions_at
             where creditors.last_notice_base = 0 or (creditors.fiscal_code = excluded.fiscal_code
               and creditors.segregation_code = excluded.segregation_code)`,
      values: [
        ...[municipalityId, fiscalCode, companyName, officeName, brokerId, stationId, segregationCode],
        ...[creditor.iban, creditor.postalIban, creditor.cbillCode, creditor.portalUrl],
        ...[creditor.refusesLatePayments, creditor.positionsAt],
      ],
    });
    return rowCount === 1 ? 'put' : 'fixed';
  } catch (cause) {
    if (codeOf(cause) === UNIQUE_VIOLATION) return 'held';
    throw cause;
  }
}

async function putRules(database: Database, municipalityId: MunicipalityId, rules: TopUpRules): Promise<boolean> {
  try {
    await database.query({
      name: 'put_top_up_rules',
      text: `insert into top_up_rules
               (municipality_id, service, label, minimum_cents, maximum_cents, step_cents, taxonomy_code, pending_days,
                low_credit_cents)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (municipality_id, service) do update set
               label = excluded.label, minimum_cents = excluded.minimum_cents, maximum_cents = excluded.maximum_cents,
               step_cents = excluded.step_cents, taxonomy_code = excluded.taxonomy_code,
               pending_days = excluded.pending_days, low_credit_cents = excluded.low_credit_cents`,
      values: [
        ...[municipalityId, rules.service, rules.label, rules.minimumCents, rules.maximumCents],
        ...[rules.stepCents, rules.taxonomyCode, rules.pendingDays, rules.lowCreditCents],
      ],
    });
    return true;
  } catch (cause) {
    if (codeOf(cause) === FOREIGN_KEY_VIOLATION) return false;
    throw cause;
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}

function toCreditor(row: CreditorRow): Creditor {
  return {
    municipalityId: numberId<MunicipalityId>(row.municipality_id),
    fiscalCode: row.fiscal_code,
    companyName: row.company_name,
    officeName: row.office_name,
    brokerId: row.broker_id,
    stationId: row.station_id,
    segregationCode: row.segregation_code,
    iban: row.iban,
    postalIban: row.postal_iban,
    cbillCode: row.cbill_code,
    portalUrl: row.portal_url,
    refusesLatePayments: row.refuses_late_payments,
    positionsAt: row.positions_at,
  };
}

function toRules(row: RulesRow): TopUpRules {
  return {
    service: serviceCode(row.service),
    label: row.label,
    minimumCents: cents(row.minimum_cents),
    maximumCents: cents(row.maximum_cents),
    stepCents: cents(row.step_cents),
    taxonomyCode: row.taxonomy_code,
    pendingDays: row.pending_days,
    lowCreditCents: row.low_credit_cents === null ? null : cents(row.low_credit_cents),
  };
}
