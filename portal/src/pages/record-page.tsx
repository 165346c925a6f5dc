import { useQuery } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { type FormEvent, useId } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { Pupil } from '../api/client.ts';
import { pupilsQuery } from '../api/queries.ts';
import type { WholeList } from '../domain/list.ts';
import { type RecordSearch, readRecordSearch, writeRecordSearch } from '../domain/record-search.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Icon } from '../parts/icon.tsx';
import { ListTools } from '../parts/list-tools.tsx';
import { Notice } from '../parts/notice.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ProducedBy } from '../parts/produced-by.tsx';
import { PupilRecord } from '../parts/pupil-record.tsx';
import { RefusalNotice } from '../parts/refusal-notice.tsx';
import { ResultsTitle } from '../parts/results-title.tsx';
import { ASKED } from '../parts/use-focus-when-asked.ts';
import { WrongData } from '../parts/wrong-data.tsx';
import { TEXTS } from '../texts.ts';

const { record: texts, search: searchTexts } = TEXTS;

/** `Scheda anagrafica`: the guardian's own pupils, and the record of each to be read. */
export function RecordPage() {
  return (
    <OwnPupils
      head={
        <PageHead
          title={TEXTS.titles.record}
          crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.record.title }]}
          intro={texts.intro}
        />
      }
    >
      {(pupils) => <Records pupils={pupils} />}
    </OwnPupils>
  );
}

function Records({ pupils }: { pupils: readonly Pupil[] }) {
  const [address, setAddress] = useSearchParams();
  const search = readRecordSearch(address);
  const open = pupils.find((pupil) => pupil.pupilId === search.openId);
  if (search.openId !== null && open === undefined) {
    return (
      <>
        <RecordSearchForm
          pupils={pupils}
          search={search}
          onSearch={(wanted) => setAddress(writeRecordSearch(wanted), ASKED)}
        />
        <RefusalNotice />
        <WrongData />
      </>
    );
  }
  if (open !== undefined) {
    return (
      <>
        <p>
          <Link to={{ search: `?${writeRecordSearch({ ...search, openId: null })}` }} {...ASKED}>
            <Icon name="it-arrow-left" className="icon-primary icon-sm" /> {texts.back}
          </Link>
        </p>
        <PupilRecord pupil={open} search={search} />
        <WrongData />
      </>
    );
  }
  return (
    <>
      <RecordSearchForm
        key={`${search.pupilId} ${search.badgeId}`}
        pupils={pupils}
        search={search}
        onSearch={(wanted) => setAddress(writeRecordSearch(wanted), ASKED)}
      />
      <PupilList pupils={pupils} search={search} />
      <WrongData />
    </>
  );
}

interface RecordSearchFormProps {
  readonly pupils: readonly Pupil[];
  readonly search: RecordSearch;
  readonly onSearch: (search: RecordSearch) => void;
}

function RecordSearchForm({ pupils, search, onSearch }: RecordSearchFormProps) {
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget);
    const chosen = (name: string) => String(typed.get(name) ?? '') || null;
    onSearch({ pupilId: chosen('utente'), badgeId: chosen('badge'), openId: null, part: 'general' });
  };
  return (
    <form className="search-form" onSubmit={submit} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{searchTexts.heading}</h2>
      <div className="fields">
        <div className="field">
          <label htmlFor={`${id}-pupil`}>{searchTexts.name}</label>
          <select id={`${id}-pupil`} name="utente" className="form-select" defaultValue={search.pupilId ?? ''}>
            <option value="">{texts.everybody}</option>
            {pupils.map(({ pupilId, displayName }) => (
              <option key={pupilId} value={pupilId}>
                {displayName}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-badge`}>{searchTexts.badgeNumber}</label>
          <select id={`${id}-badge`} name="badge" className="form-select" defaultValue={search.badgeId ?? ''}>
            <option value="">{texts.everyBadge}</option>
            {pupils.flatMap((pupil) =>
              pupil.badges.map(({ badgeId, badgeNumber }) => (
                <option key={badgeId} value={badgeId}>
                  {badgeNumber} – {pupil.displayName}
                </option>
              )),
            )}
          </select>
        </div>
        <Button color="primary" type="submit">
          <Icon name="it-search" className="icon-white icon-sm" /> {searchTexts.button}
        </Button>
      </div>
    </form>
  );
}

function PupilList({ pupils, search }: { pupils: readonly Pupil[]; search: RecordSearch }) {
  const found = pupils.filter(
    (pupil) =>
      (search.pupilId === null || pupil.pupilId === search.pupilId) &&
      (search.badgeId === null || pupil.badges.some(({ badgeId }) => badgeId === search.badgeId)),
  );
  const { columns, statuses } = texts;
  const { data } = useQuery(pupilsQuery);
  const asOf = data?.asOf ?? '';
  const list: WholeList = {
    asOf,
    columns: [columns.name, columns.badge, columns.status],
    rows: found.map((pupil) => [pupil.displayName, badgesOf(pupil), statuses[pupil.status]]),
  };
  return (
    <section aria-labelledby="results-title">
      <ResultsTitle>{texts.list}</ResultsTitle>
      {found.length === 0 ? (
        <Notice tone="info">{texts.none}</Notice>
      ) : (
        <DataTable
          caption={texts.table}
          columns={[
            { label: columns.name },
            { label: columns.badge },
            { label: columns.status },
            { label: columns.open },
          ]}
          rows={found.map((pupil) => ({
            key: pupil.pupilId,
            cells: [
              pupil.displayName,
              badgesOf(pupil),
              statuses[pupil.status],
              <Link
                key="open"
                to={{ search: `?${writeRecordSearch({ ...search, openId: pupil.pupilId, part: 'general' })}` }}
                {...ASKED}
                aria-label={texts.openOf(pupil.displayName)}
              >
                {texts.open}
              </Link>,
            ],
          }))}
        />
      )}
      {found.length > 0 && (
        <ListTools
          fileName={`anagrafica-utenti-${asOf.slice(0, 10)}`}
          title={TEXTS.titles.record}
          caption={texts.table}
          source="record"
          isWhole
          loadList={async () => list}
        />
      )}
      <ProducedBy source="record" asOf={asOf} />
    </section>
  );
}

function badgesOf({ badges }: Pupil): string {
  const inUse = badges.filter(({ status }) => status === 'active');
  return inUse.map(({ badgeNumber }) => badgeNumber).join(', ') || texts.noBadge;
}
