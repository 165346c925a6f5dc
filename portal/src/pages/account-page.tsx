import { serviceDateAt } from '@campanella/vocabulary';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import type { Movement, Pupil, StatementPage } from '../api/client.ts';
import { statementQuery } from '../api/queries.ts';
import { readWholeList } from '../api/whole-list.ts';
import { formatDate, formatInstant, formatTime, lastMonth } from '../domain/days.ts';
import { mealsLeft } from '../domain/forecast.ts';
import { amount, type WholeList } from '../domain/list.ts';
import { formatEuros, formatMovement } from '../domain/money.ts';
import { hasUnreadableDay, includesDay, rangeFault, readSearch, type Search, writeSearch } from '../domain/search.ts';
import { BalanceChart } from '../parts/balance-chart.tsx';
import { type DataRow, DataTable } from '../parts/data-table.tsx';
import { ListTools } from '../parts/list-tools.tsx';
import { Loading } from '../parts/loading.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Notice } from '../parts/notice.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ProducedBy } from '../parts/produced-by.tsx';
import { RefusalNotice } from '../parts/refusal-notice.tsx';
import { ResultsTitle } from '../parts/results-title.tsx';
import { SearchForm } from '../parts/search-form.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { ASKED } from '../parts/use-focus-when-asked.ts';
import { useLive } from '../parts/use-live.ts';
import { useSignOutNoticed } from '../parts/use-sign-out-noticed.ts';
import { WrongData } from '../parts/wrong-data.tsx';
import { TEXTS } from '../texts.ts';

const { account: texts, search: searchTexts } = TEXTS;
const SUBJECT = 'badge';

/** `Conto corrente virtuale`: the movements and the balance of the account behind one of the guardian's badges. */
export function AccountPage() {
  return (
    <OwnPupils
      head={
        <PageHead
          title={TEXTS.titles.account}
          crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.account.title }]}
          intro={texts.intro}
        />
      }
    >
      {(pupils) => <AccountSearch pupils={pupils} />}
    </OwnPupils>
  );
}

interface OwnBadge {
  readonly badgeId: string;
  readonly badgeNumber: string;
  readonly status: 'active' | 'blocked' | 'expired';
  readonly pupil: Pupil;
}

function AccountSearch({ pupils }: { pupils: readonly Pupil[] }) {
  const [address, setAddress] = useSearchParams();
  const badges = pupils.flatMap((pupil): OwnBadge[] => pupil.badges.map((badge) => ({ ...badge, pupil })));
  const asked = readSearch(address, SUBJECT, lastMonth(serviceDateAt(new Date())));
  const standard = badges.find((badge) => badge.status === 'active') ?? badges[0];
  const search: Search = { ...asked, subject: asked.subject ?? standard?.badgeId ?? null };
  const chosen = badges.find((badge) => badge.badgeId === search.subject);
  // A link may hold dates that the form would refuse: it says so, and nothing is asked.
  const isSearchable = rangeFault(search.from, search.to) === null;
  return (
    <>
      <SearchForm
        key={`${search.subject} ${search.from} ${search.to}`}
        subjectLabel={searchTexts.badge}
        noSubject={searchTexts.chooseNoBadge}
        options={badges.map((badge) => ({ value: badge.badgeId, label: badgeLabel(badge) }))}
        search={search}
        onSearch={(wanted) => setAddress(writeSearch(wanted, SUBJECT), ASKED)}
      />
      {hasUnreadableDay(address) && <Notice tone="warning">{searchTexts.unreadableLink}</Notice>}
      {chosen === undefined && <RefusalNotice />}
      {chosen !== undefined && isSearchable && <AccountOfBadge badge={chosen} search={search} />}
      <WrongData />
    </>
  );
}

function badgeLabel({ badgeNumber, pupil, status }: OwnBadge): string {
  return `${searchTexts.badgeOption(badgeNumber, pupil.displayName)}${searchTexts.badgeStatus[status]}`;
}

function AccountOfBadge({ badge, search }: { badge: OwnBadge; search: Search }) {
  const enrolment = badge.pupil.enrolments.find(({ paymentMode }) => paymentMode === 'prepaid');
  if (enrolment === undefined) {
    return (
      <Notice tone="info">
        {texts.noAccount} <Link to="/documenti-contabili">{TEXTS.services.documents.title}</Link>.
      </Notice>
    );
  }
  return <Statement badge={badge} service={enrolment.service} priceCents={enrolment.priceCents} search={search} />;
}

interface StatementProps {
  readonly badge: OwnBadge;
  readonly service: string;
  readonly priceCents: number;
  readonly search: Search;
}

function Statement({ badge, service, priceCents, search }: StatementProps) {
  const isLive = useLive(search);
  const { pupilId } = badge.pupil;
  const statement = useInfiniteQuery(statementQuery({ pupilId, service, from: search.from, to: search.to }, isLive));
  useSignOutNoticed(statement.error);
  const retry = () => void statement.refetch();
  const last = statement.data?.pages.at(-1);
  if (statement.data === undefined || last === undefined) {
    return statement.isError ? <TroubleNotice error={statement.error} onRetry={retry} /> : <Loading />;
  }
  const movements = statement.data.pages.flatMap((page) => page.movements);
  const period = searchTexts.period(formatDate(search.from), formatDate(search.to));
  const chartEnd = lastKnownDay(search, statement.hasNextPage ? movements.at(-1) : undefined);
  const caption = texts.tableOf(badge.badgeNumber, period);
  const loadList = async () => {
    const pages = await readWholeList(statement);
    const end = pages?.at(-1);
    return pages === null || end === undefined ? null : wholeList(search, end, pages);
  };
  return (
    <section aria-labelledby="results-title">
      <ResultsTitle>{searchTexts.results}</ResultsTitle>
      {statement.isError && <TroubleNotice error={statement.error} isStale onRetry={retry} />}
      <Balances
        current={last.currentBalanceCents}
        opening={last.openingBalanceCents}
        closing={last.closingBalanceCents}
        asOf={last.asOf}
        search={search}
        isLive={isLive}
        priceCents={priceCents}
      />
      {movements.length === 0 ? (
        <Notice tone="info">{texts.empty}</Notice>
      ) : (
        <>
          {chartEnd !== null && (
            <BalanceChart
              from={search.from}
              to={chartEnd}
              openingCents={last.openingBalanceCents}
              points={movements.map(({ occurredAt, balanceAfterCents }) => ({
                day: serviceDateAt(new Date(occurredAt)),
                balanceCents: balanceAfterCents,
              }))}
            />
          )}
          <DataTable
            narrow="two-lines"
            caption={caption}
            columns={[
              { label: texts.columns.date },
              { label: texts.columns.kind },
              { label: texts.columns.amount, isAmount: true },
              { label: texts.columns.balance, isAmount: true },
            ]}
            rows={[
              edgeRow('opening', search.from, texts.openingRow, last.openingBalanceCents),
              ...movements.map(movementRow),
              ...(statement.hasNextPage
                ? []
                : [edgeRow('closing', search.to, texts.closingRow, last.closingBalanceCents)]),
            ]}
          />
          {statement.hasNextPage && <p>{texts.goesOn}</p>}
          <MoreButton
            shownCount={movements.length}
            hasMore={statement.hasNextPage}
            isLoading={statement.isFetchingNextPage}
            onMore={() => void statement.fetchNextPage()}
          />
          <ListTools
            fileName={`conto-corrente-virtuale-${search.from}-${search.to}`}
            title={TEXTS.titles.account}
            caption={caption}
            source="account"
            isWhole={!statement.hasNextPage}
            loadList={loadList}
          />
        </>
      )}
      <ProducedBy source="account" asOf={last.asOf} />
    </section>
  );
}

interface BalancesProps {
  readonly current: number;
  readonly opening: number;
  readonly closing: number;
  readonly asOf: string;
  readonly search: Search;
  readonly isLive: boolean;
  readonly priceCents: number;
}

function Balances({ current, opening, closing, asOf, search, isLive, priceCents }: BalancesProps) {
  const meals = mealsLeft(current, priceCents);
  return (
    <>
      <div className="balances">
        <div className="balance-now">
          <h3>{texts.currentBalance}</h3>
          <p className={`figure${current < 0 ? ' negative' : ''}`} aria-live="polite" data-testid="current-balance">
            {formatEuros(current)}
          </p>
          {current >= 0 && meals !== null && (
            <p className="meals-left">{texts.mealsLeft(meals, formatEuros(priceCents))}</p>
          )}
          <p className="as-of">
            {texts.asOf} <time dateTime={asOf}>{formatInstant(asOf)}</time>. {isLive && texts.live}
          </p>
        </div>
        <dl className="balance-sum">
          <div>
            <dt>{texts.opening(formatDate(search.from))}</dt>
            <dd data-testid="opening-balance">{formatEuros(opening)}</dd>
          </div>
          <div>
            <dt>{texts.difference}</dt>
            <dd data-testid="difference">{formatMovement(closing - opening)}</dd>
          </div>
          <div className="total">
            <dt>{texts.closing(formatDate(search.to))}</dt>
            <dd data-testid="closing-balance">{formatEuros(closing)}</dd>
          </div>
        </dl>
      </div>
      {current < 0 && <Notice tone="warning">{texts.belowZero}</Notice>}
    </>
  );
}

/** Up to which day the balance is known: today, or the last movement read so far; null for a range that has not begun. */
function lastKnownDay(search: Search, lastRead: Movement | undefined): string | null {
  const today = serviceDateAt(new Date());
  if (search.from > today) return null;
  if (lastRead !== undefined) return serviceDateAt(new Date(lastRead.occurredAt));
  return includesDay(search, today) ? today : search.to;
}

function wholeList(search: Search, end: StatementPage, pages: readonly StatementPage[]): WholeList {
  const { columns } = texts;
  return {
    asOf: end.asOf,
    columns: [columns.date, texts.timeColumn, columns.kind, columns.amount, columns.balance],
    rows: [
      [formatDate(search.from), '', texts.openingRow, '', amount(end.openingBalanceCents)],
      ...pages.flatMap((page) =>
        page.movements.map((movement) => [
          formatDate(movement.serviceDate),
          formatTime(movement.occurredAt),
          texts.kinds[movement.kind],
          amount(movement.amountCents),
          amount(movement.balanceAfterCents),
        ]),
      ),
      [formatDate(search.to), '', texts.closingRow, '', amount(end.closingBalanceCents)],
    ],
  };
}

function edgeRow(key: string, day: string, label: string, balanceCents: number): DataRow {
  return { key, cells: [formatDate(day), label, '', formatEuros(balanceCents)], emphasis: 'edge' };
}

function movementRow(movement: Movement): DataRow {
  const { transferId, occurredAt, serviceDate, kind, amountCents, balanceAfterCents } = movement;
  return {
    key: transferId,
    cells: [
      `${formatDate(serviceDate)} ${formatTime(occurredAt)}`,
      texts.kinds[kind],
      <span key="amount" className={amountCents < 0 ? 'negative' : 'positive'}>
        {formatMovement(amountCents)}
      </span>,
      formatEuros(balanceAfterCents),
    ],
  };
}
