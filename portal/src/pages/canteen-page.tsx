import { serviceDateAt } from '@campanella/vocabulary';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import type { PresenceDay, PresencesPage, Pupil } from '../api/client.ts';
import { presencesQuery } from '../api/queries.ts';
import { readWholeList } from '../api/whole-list.ts';
import { currentMonth, formatDate, formatDay } from '../domain/days.ts';
import { amount, type WholeList } from '../domain/list.ts';
import { neighbourMonth } from '../domain/month-grid.ts';
import {
  type CanteenView,
  hasUnreadableDay,
  rangeFault,
  readSearch,
  readView,
  type Search,
  withView,
  writeSearch,
} from '../domain/search.ts';
import { type DataRow, DataTable } from '../parts/data-table.tsx';
import { ListTools } from '../parts/list-tools.tsx';
import { Loading } from '../parts/loading.tsx';
import { allAllergens, Menu } from '../parts/menu.tsx';
import { MonthCalendar } from '../parts/month-calendar.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Notice } from '../parts/notice.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { accountedText, chargeText, PresenceMark, presenceText } from '../parts/presence-day.tsx';
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
  const view = readView(address);
  const addressOf = (wanted: Search, inView: CanteenView = view) => withView(writeSearch(wanted, SUBJECT), inView);
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
        onSearch={(wanted) => setAddress(addressOf(wanted), ASKED)}
      />
      {hasUnreadableDay(address) && <Notice tone="warning">{searchTexts.unreadableLink}</Notice>}
      {chosen === undefined && <RefusalNotice />}
      {chosen !== undefined && isSearchable && (
        <>
          <ViewChoice search={search} view={view} addressOf={addressOf} />
          <Presences pupil={chosen} search={search} view={view} />
        </>
      )}
      <WrongData />
    </>
  );
}

interface ViewChoiceProps {
  readonly search: Search;
  readonly view: CanteenView;
  readonly addressOf: (search: Search, view?: CanteenView) => URLSearchParams;
}

/** List or calendar, and the months beside; stays while the days are read, so that the focus does. */
function ViewChoice({ search, view, addressOf }: ViewChoiceProps) {
  const linkTo = (wanted: Search, inView?: CanteenView) => ({ search: `?${addressOf(wanted, inView)}` });
  return (
    <div className="view-choice">
      <nav aria-label={texts.views.label}>
        {(['list', 'calendar'] as const).map((choice) => (
          <Link
            key={choice}
            to={linkTo(search, choice)}
            className={`btn btn-sm ${choice === view ? 'btn-primary' : 'btn-outline-primary'}`}
            {...(choice === view ? { 'aria-current': 'true' as const } : {})}
          >
            {texts.views[choice]}
          </Link>
        ))}
      </nav>
      {view === 'calendar' && (
        <nav aria-label={texts.months.label}>
          <Link to={linkTo({ ...search, ...neighbourMonth(search.from, -1) })}>{texts.months.before}</Link>
          <Link to={linkTo({ ...search, ...neighbourMonth(search.to, 1) })}>{texts.months.after}</Link>
        </nav>
      )}
    </div>
  );
}

function Presences({ pupil, search, view }: { pupil: Pupil; search: Search; view: CanteenView }) {
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
  const period = searchTexts.period(formatDate(search.from), formatDate(search.to));
  const caption = texts.tableOf(pupil.displayName, period);
  const loadList = async () => {
    const pages = await readWholeList(presences);
    return pages === null ? null : wholeList(pages);
  };
  return (
    <section aria-labelledby="results-title">
      <ResultsTitle>{searchTexts.results}</ResultsTitle>
      <p className="pupil-line">
        <strong>{pupil.displayName}</strong>, {pupil.className}, {pupil.schoolName}
      </p>
      {presences.isError && <TroubleNotice error={presences.error} isStale onRetry={retry} />}
      <Today day={days.find((day) => day.serviceDate === today)} />
      {days.length === 0 ? (
        <Notice tone="info">{texts.empty}</Notice>
      ) : (
        <>
          {view === 'calendar' ? (
            <MonthCalendar pupilName={pupil.displayName} days={days} today={today} />
          ) : (
            <DataTable
              caption={caption}
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
          )}
          <MoreButton
            shownCount={days.length}
            hasMore={presences.hasNextPage}
            isLoading={presences.isFetchingNextPage}
            onMore={() => void presences.fetchNextPage()}
          />
          <ListTools
            fileName={`refezione-scolastica-${search.from}-${search.to}`}
            title={TEXTS.titles.canteen}
            caption={caption}
            source="canteen"
            isWhole={!presences.hasNextPage}
            loadList={loadList}
          />
        </>
      )}
      {days.some(({ courses }) => courses.length > 0) && <p className="allergens-note">{texts.allergensNote}</p>}
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
      <p>
        <Menu day={day} />
      </p>
    </div>
  );
}

function dayRow(day: PresenceDay, today: string): DataRow {
  return {
    key: day.serviceDate,
    cells: [
      formatDay(day.serviceDate),
      <PresenceMark key="presence" day={day} />,
      <Menu key="menu" day={day} />,
      accountedText(day),
      chargeText(day),
      day.badgeNumber ?? texts.noBadge,
    ],
    ...(day.serviceDate === today ? { emphasis: 'today' as const } : {}),
  };
}

function wholeList(pages: readonly PresencesPage[]): WholeList {
  const { date, presence, menu, accounted, charge, badge } = texts.columns;
  return {
    asOf: pages[0]?.asOf ?? '',
    columns: [date, presence, menu, texts.allergensColumn, accounted, charge, texts.amountColumn, badge],
    rows: pages
      .flatMap((page) => page.days)
      .map((day) => [
        formatDate(day.serviceDate),
        presenceText(day),
        day.closure?.reason ?? day.menu ?? '',
        allAllergens(day),
        accountedText(day),
        chargeText(day),
        amount(day.correction === null ? day.amountCents : 0),
        day.badgeNumber ?? '',
      ]),
  };
}
