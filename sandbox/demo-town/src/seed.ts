import { type Account, AccountKind, TransferKind } from '@campanella/proto/ledger/v1/ledger';
import { callUnary } from '@campanella/service-kit';
import { SCHOOL_MEALS, type ServiceDate } from '@campanella/vocabulary';
import { enrolmentLetter } from './enrolment-letter.ts';
import { type HistoricTopUp, swipesOf, topUpsOf } from './history.ts';
import type { Platform } from './platform.ts';
import { putTown } from './put-town.ts';
import { serviceDaysBefore } from './school-days.ts';
import { type DemoSummary, summarise } from './summary.ts';
import { describeOutcomes, talkAsTerminal } from './terminal-line.ts';
import { familiesOf, planTown, schoolsOf, type TownPlan, type TownPupil, townId, VALLEFINTA } from './town.ts';

const CALL_DEADLINE_MS = 15_000;
const SWIPES_WITHIN_MS = 120_000;
const ACCOUNTS_PER_CALL = 500;
const TOP_UPS_AT_ONCE = 32;
/** The first families are those of the people who can sign in. */
const DEMO_FAMILIES = 10;
const ATTEMPTS_MAX = 20;
const RETRY_AFTER_MS = 250;

/**
 * Puts Vallefinta and its history into a running platform, through the same contracts as everybody else. Ids follow from
 * the town itself, so that a second run changes nothing and a run on a later day adds what is new.
 *
 * @param report gets a line for people after each step
 */
export async function seed(
  platform: Platform,
  request: { readonly today: ServiceDate; readonly days: number },
  report: (line: string) => void,
): Promise<DemoSummary> {
  const plan = planTown(VALLEFINTA, request.today);
  const families = [...familiesOf(plan)];
  const pupils = families.flatMap((family) => family.pupils);
  await putTown(platform, plan, request.today, () => undefined);
  report(`${plan.name}: ${schoolsOf(plan).length} schools, ${pupils.length} pupils, ${families.length} guardians`);

  const demoPupils = families.slice(0, DEMO_FAMILIES).flatMap((family) => family.pupils);
  for (const pupil of demoPupils) await fileLetter(platform, plan, pupil);
  report(`${demoPupils.length} letters filed`);

  const days = serviceDaysBefore(request.today, request.days);
  const accounts = await openAccounts(platform, plan, pupils);
  const topUps = pupils.flatMap((pupil) => topUpsOf(pupil, days).map((topUp) => ({ pupil, topUp })));
  await postTopUps(platform, plan, accounts, topUps);
  report(`${topUps.length} top-ups posted`);

  const outcomes = await Promise.all(schoolsOf(plan).map((school) => replay(platform, plan, school, pupils, days)));
  for (const line of outcomes) report(line);

  const balances = await balancesOf(platform, plan, accounts, demoPupils);
  return summarise(plan, families, request.today, balances);
}

/** Files the letter of a pupil's enrolment in its fascicolo. */
async function fileLetter(platform: Platform, plan: TownPlan, pupil: TownPupil): Promise<void> {
  const request = {
    municipalityId: plan.municipalityId,
    documentId: townId(plan, 'enrolment letter', pupil.pupilId),
    pupilId: pupil.pupilId,
    kind: 'letter',
    title: `Conferma di iscrizione ${plan.schoolYear.name}`,
    fileName: 'conferma-di-iscrizione.pdf',
    mediaType: 'application/pdf',
    content: await enrolmentLetter(plan, pupil),
    addedBy: 'demo-town',
  };
  const answer = await callUnary(platform.registry, 'fileDocument', request, { deadlineMs: CALL_DEADLINE_MS });
  if (!answer.filed) throw new Error(`anagrafica refuses a letter: ${answer.refusalKind} ${answer.refusalField}`);
}

async function replay(
  platform: Platform,
  plan: TownPlan,
  school: ReturnType<typeof schoolsOf>[number],
  pupils: readonly TownPupil[],
  days: readonly ServiceDate[],
): Promise<string> {
  const own = pupils.filter((pupil) => pupil.schoolId === school.schoolId);
  const swipes = own
    .flatMap((pupil) => swipesOf(pupil, days))
    .sort((one, other) => one.occurredAtMs - other.occurredAtMs);
  const counts = await talkAsTerminal({
    client: platform.terminal,
    municipalityId: plan.municipalityId,
    school,
    pupilIds: own.map((pupil) => pupil.pupilId),
    swipes,
    giveUpAfterMs: SWIPES_WITHIN_MS,
    onResults: () => undefined,
  });
  return `${school.name}: ${swipes.length} swipes over ${days.length} days: ${describeOutcomes(counts)}`;
}

interface TownAccounts {
  readonly settlement: Account;
  readonly households: ReadonlyMap<string, Account>;
}

async function openAccounts(platform: Platform, plan: TownPlan, pupils: readonly TownPupil[]): Promise<TownAccounts> {
  const { municipalityId } = plan;
  const { account: settlement } = await callUnary(
    platform.ledger,
    'openAccount',
    { municipalityId, kind: AccountKind.SETTLEMENT, ownerId: '', service: '', overdraftCents: 0 },
    { deadlineMs: CALL_DEADLINE_MS },
  );
  if (settlement === undefined) throw new Error('the ledger answered no settlement account');
  const prepaid = pupils.filter((pupil) => pupil.paymentMode === 'prepaid');
  const households = new Map<string, Account>();
  for (let start = 0; start < prepaid.length; start += ACCOUNTS_PER_CALL) {
    const accounts = prepaid.slice(start, start + ACCOUNTS_PER_CALL).map((pupil) => ({
      municipalityId,
      kind: AccountKind.HOUSEHOLD,
      ownerId: pupil.pupilId,
      service: SCHOOL_MEALS,
      overdraftCents: pupil.overdraftCents,
    }));
    const answer = await callUnary(platform.ledger, 'openAccounts', { accounts }, { deadlineMs: CALL_DEADLINE_MS });
    for (const account of answer.accounts) households.set(account.ownerId, account);
  }
  return { settlement, households };
}

async function postTopUps(
  platform: Platform,
  plan: TownPlan,
  accounts: TownAccounts,
  topUps: readonly { readonly pupil: TownPupil; readonly topUp: HistoricTopUp }[],
): Promise<void> {
  const queue = [...topUps];
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const household = accounts.households.get(next.pupil.pupilId);
      if (household === undefined) throw new Error('the ledger answered no account for a prepaid pupil');
      await postTopUp(platform, plan, accounts.settlement, household, next.topUp);
    }
  };
  await Promise.all(Array.from({ length: TOP_UPS_AT_ONCE }, worker));
}

async function postTopUp(
  platform: Platform,
  plan: TownPlan,
  settlement: Account,
  household: Account,
  topUp: HistoricTopUp,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const transfer = {
      transferId: topUp.transferId,
      municipalityId: plan.municipalityId,
      debitAccountId: settlement.accountId,
      creditAccountId: household.accountId,
      amountCents: topUp.amountCents,
      kind: TransferKind.TOP_UP,
      reverses: '',
      occurredAtMs: topUp.occurredAtMs,
      // The town may have been seeded before: the journal is asked.
      retry: true,
    };
    const { outcome } = await callUnary(
      platform.ledger,
      'postTransfer',
      { transfer },
      { deadlineMs: CALL_DEADLINE_MS },
    );
    const verdict = outcome?.outcome;
    if (verdict?.$case === 'accepted') return;
    if (verdict?.$case === 'refused')
      throw new Error(`the ledger refuses a top-up: refusal kind ${verdict.value.kind}`);
    if (attempt === ATTEMPTS_MAX)
      throw new Error(`the ledger is not available: ${verdict?.value.reason ?? 'no outcome'}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
  }
}

async function balancesOf(
  platform: Platform,
  plan: TownPlan,
  accounts: TownAccounts,
  pupils: readonly TownPupil[],
): Promise<ReadonlyMap<string, number>> {
  const accountIds = pupils.flatMap((pupil) => accounts.households.get(pupil.pupilId)?.accountId ?? []);
  const request = { municipalityId: plan.municipalityId, accountIds };
  const answer = await callUnary(platform.ledger, 'getBalances', request, { deadlineMs: CALL_DEADLINE_MS });
  return new Map(answer.accounts.map((account) => [account.ownerId, account.balanceCents]));
}
