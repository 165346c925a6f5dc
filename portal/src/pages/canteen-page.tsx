import { serviceDateAt } from '@campanella/vocabulary';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import type { PresenceDay, Pupil } from '../api/client.ts';
import { presencesQuery } from '../api/queries.ts';
import { currentMonth, formatDate, formatDay, formatTime } from '../domain/days.ts';
import { formatEuros } from '../domain/money.ts';
import { rangeFault, readSearch, type Search, writeSearch } from '../domain/search.ts';
import { type DataRow, DataTable } from '../parts/data-table.tsx';
import { Loading } from '../parts/loading.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Notice } from '../parts/notice.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ProducedBy } from '../parts/produced-by.tsx';
import { RefusalNotice } from '../parts/refusal-notice.tsx';
import { SearchForm } from '../parts/search-form.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useLive } from '../parts/use-live.ts';
import { useSignOutNoticed } from '../parts/use-sign-out-noticed.ts';
import { WrongData } from '../parts/wrong-data.tsx';
import { TEXTS } from '../texts.ts';

const { canteen: texts, search: searchTexts } = TEXTS;
const SUBJECT = 'utente';
const SERVICE = 'school_meals';

/** `Refezione scolastica`: day by day, whether one of the guardian's pupils was there, what there was to eat, and what it cost. */
export function CanteenPage() {
  return (
    <OwnPupils
      head={
        <PageHead
          title={TEXTS.titles.canteen}
          crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.canteen.title }]}
          intro={texts.intro}
        />
      }
    >
      {(pupils) => <CanteenSearch pupils={pupils} />}
    </OwnPupils>
  );
}

function CanteenSearch({ pupils }: { pupils: readonly Pupil[] }) {
  const [address, setAddress] = useSearchParams();
  const asked = readSearch(address, SUBJECT, currentMonth(serviceDateAt(new Date())));
  const search: Search = { ...asked, subject: asked.subject ?? pupils[0]?.pupilId ?? null };
  const chosen = pupils.find((pupil) => pupil.pupilId === search.subject);
  // A link may hold dates that the form would refuse: it says so, and nothing is asked.
  const isSearchable = rangeFault(search.from, search.to) === null;
  return (
    <>
      <SearchForm
        key={`${search.subject} ${search.from} ${search.to}`}
        subjectLabel={searchTexts.name}
        noSubject={searchTexts.chooseNone}
        options={pupils.map((pupil) => ({ value: pupil.pupilId, label: pupil.displayName }))}
        search={search}
        onSearch={(wanted) => setAddress(writeSearch(wanted, SUBJECT))}
      />
      {chosen === undefined && <RefusalNotice />}
      {chosen !== undefined && isSearchable && <Presences pupil={chosen} search={search} />}
      <WrongData />
    </>
  );
}

function Presences({ pupil, search }: { pupil: Pupil; search: Search }) {
  const isLive = useLive(search);
  const wanted = { pupilId: pupil.pupilId, service: SERVICE, from: search.from, to: search.to };
  const presences = useInfiniteQuery(presencesQuery(wanted, isLive));
  useSignOutNoticed(presences.error);
  const retry = () => void presences.refetch();
  const first = presences.data?.pages[0];
  if (presences.data === undefined || first === undefined) {
    return presences.isError ? <TroubleNotice error={presences.error} onRetry={retry} /> : <Loading />;
  }
  const days = presences.data.pages.flatMap((page) => page.days);
  const today = serviceDateAt(new Date());
  return (
    <section aria-labelledby="results-title">
      <h2 id="results-title">{searchTexts.results}</h2>
      <p className="pupil-line">
        <strong>{pupil.displayName}</strong>, {pupil.className}, {pupil.schoolName}
      </p>
      {presences.isError && <TroubleNotice error={presences.error} isStale onRetry={retry} />}
      <Today day={days.find((day) => day.serviceDate === today)} />
      {days.length === 0 ? (
        <Notice tone="info">{texts.empty}</Notice>
      ) : (
        <>
          <DataTable
            caption={texts.tableOf(
              pupil.displayName,
              searchTexts.period(formatDate(search.from), formatDate(search.to)),
            )}
            columns={[
              { label: texts.columns.date },
              { label: texts.columns.presence },
              { label: texts.columns.menu },
              { label: texts.columns.accounted },
              { label: texts.columns.charge },
              { label: texts.columns.badge },
            ]}
            rows={days.map((day) => dayRow(day, today))}
          />
          <MoreButton
            shownCount={days.length}
            hasMore={presences.hasNextPage}
            isLoading={presences.isFetchingNextPage}
            onMore={() => void presences.fetchNextPage()}
          />
        </>
      )}
      <ProducedBy source="canteen" asOf={first.asOf} />
    </section>
  );
}

/** Today first: what most parents open the page for. */
function Today({ day }: { day: PresenceDay | undefined }) {
  if (day === undefined) return null;
  return (
    <div className="today" aria-live="polite" data-testid="today">
      <h3>
        {texts.today}, {formatDay(day.serviceDate)}
      </h3>
      <p>
        <PresenceMark day={day} />
      </p>
      <p>{day.menu ?? texts.noMenu}</p>
    </div>
  );
}

function PresenceMark({ day }: { day: PresenceDay }) {
  return (
    <span className={`presence ${day.presence}`}>
      {texts.presences[day.presence]}
      {day.swipedAt !== null && ` ${texts.at(formatTime(day.swipedAt))}`}
    </span>
  );
}

function dayRow(day: PresenceDay, today: string): DataRow {
  const isAccounted = day.charge !== 'not_charged';
  return {
    key: day.serviceDate,
    cells: [
      formatDay(day.serviceDate),
      <PresenceMark key="presence" day={day} />,
      day.menu ?? texts.noMenu,
      isAccounted ? texts.accounted.yes : texts.accounted.no,
      chargeText(day),
      day.badgeNumber ?? texts.noBadge,
    ],
    ...(day.serviceDate === today ? { emphasis: 'today' as const } : {}),
  };
}

function chargeText(day: PresenceDay): string {
  if (day.charge === 'debited') return texts.charges.debited(formatEuros(day.amountCents));
  if (day.charge === 'invoiced') return texts.charges.invoiced(formatEuros(day.amountCents));
  return texts.charges[day.charge];
}
