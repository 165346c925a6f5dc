import { type Swipe, SwipeOutcome, type SwipeResult } from '@campanella/proto/attendance/v1/terminal';
import { LedgerServiceClient, TransferKind, type TransferOutcome } from '@campanella/proto/ledger/v1/ledger';
import { credentials, type handleUnaryCall, status } from '@grpc/grpc-js';
import pg from 'pg';
import { NAIVE_SERVICE } from './naive-contract.ts';
import { serveNaive } from './naive-server.ts';

// The comparison's attendance, as one writes it first: a unary call per swipe, the badge looked up in the database, a unary
// call to the ledger under the swipe's id, one transaction for the presence. The municipality comes with the call.
const TABLES = `
  create table if not exists naive_enrolments (
    municipality_id bigint not null, badge_number text not null, service text not null, pupil_id uuid not null,
    account_id bigint not null, price_cents bigint not null, primary key (municipality_id, badge_number, service));
  create table if not exists naive_presences (
    municipality_id bigint not null, pupil_id uuid not null, service text not null, service_date date not null,
    swipe_id uuid not null, badge_number text not null, occurred_at timestamptz not null, amount_cents bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (municipality_id, pupil_id, service, service_date), unique (municipality_id, swipe_id));`;

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });
await pool.query(TABLES);
const ledger = new LedgerServiceClient(process.env['LEDGER_ADDRESSES'] ?? '', credentials.createInsecure());

async function record(municipalityId: number, swipe: Swipe): Promise<SwipeResult> {
  const { swipeId, badgeNumber, service, serviceDate, occurredAtMs } = swipe;
  const { rows } = await pool.query<{ pupil_id: string; account_id: string; price_cents: string }>({
    name: 'resolve',
    text: `select pupil_id, account_id, price_cents from naive_enrolments
           where municipality_id = $1 and badge_number = $2 and service = $3`,
    values: [municipalityId, badgeNumber, service],
  });
  const [enrolment] = rows;
  if (enrolment === undefined) return { swipeId, outcome: SwipeOutcome.UNKNOWN_BADGE };
  const amountCents = Number(enrolment.price_cents);
  const outcome = await debit(municipalityId, Number(enrolment.account_id), amountCents, swipe);
  if (outcome.outcome?.$case !== 'accepted') return { swipeId, outcome: SwipeOutcome.RECORDED_OVER_LIMIT };
  const { rowCount } = await pool.query({
    name: 'store',
    text: `insert into naive_presences (municipality_id, pupil_id, service, service_date, swipe_id, badge_number, occurred_at, amount_cents)
           values ($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000.0), $8) on conflict do nothing`,
    values: [municipalityId, enrolment.pupil_id, service, serviceDate, swipeId, badgeNumber, occurredAtMs, amountCents],
  });
  return { swipeId, outcome: rowCount === 1 ? SwipeOutcome.RECORDED : SwipeOutcome.SECOND_OF_DAY };
}

function debit(municipalityId: number, account: number, amountCents: number, swipe: Swipe): Promise<TransferOutcome> {
  const transfer = {
    transferId: swipe.swipeId,
    municipalityId,
    debitAccountId: account,
    creditAccountId: -municipalityId,
    amountCents,
    kind: TransferKind.MEAL,
    reverses: '',
    occurredAtMs: swipe.occurredAtMs,
    retry: false,
  };
  return new Promise((resolve, reject) => {
    ledger.postTransfer({ transfer }, (cause, response) => {
      if (cause !== null) reject(cause);
      else if (response.outcome === undefined) reject(new Error('no outcome'));
      else resolve(response.outcome);
    });
  });
}

const answerRecord: handleUnaryCall<Swipe, SwipeResult> = (call, answer) => {
  record(Number(call.metadata.get('x-municipality-id')[0]), call.request).then(
    (result) => answer(null, result),
    (cause: unknown) => answer({ code: status.INTERNAL, details: String(cause) }),
  );
};

await serveNaive((server) => server.addService(NAIVE_SERVICE, { record: answerRecord }));
