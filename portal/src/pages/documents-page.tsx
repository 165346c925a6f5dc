import { useInfiniteQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { AccountingDocument, PageOfDocuments, Pupil } from '../api/client.ts';
import { documentsQuery } from '../api/queries.ts';
import { readWholeList } from '../api/whole-list.ts';
import { formatDate } from '../domain/days.ts';
import { amount, type WholeList } from '../domain/list.ts';
import { formatEuros } from '../domain/money.ts';
import { type DataRow, DataTable } from '../parts/data-table.tsx';
import { Icon } from '../parts/icon.tsx';
import { ListTools } from '../parts/list-tools.tsx';
import { Loading } from '../parts/loading.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Notice } from '../parts/notice.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ProducedBy } from '../parts/produced-by.tsx';
import { ResultsTitle } from '../parts/results-title.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useSignOutNoticed } from '../parts/use-sign-out-noticed.ts';
import { WrongData } from '../parts/wrong-data.tsx';
import { TEXTS } from '../texts.ts';

const { documents: texts } = TEXTS;
const SUBJECT = 'utente';

/** `Documenti contabili`: all documents issued for the guardian's pupils, with what is due and what is paid. */
export function DocumentsPage() {
  return (
    <OwnPupils
      head={
        <PageHead
          title={TEXTS.titles.documents}
          crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.documents.title }]}
          intro={texts.intro}
        />
      }
    >
      {(pupils) => <Documents pupils={pupils} />}
    </OwnPupils>
  );
}

function Documents({ pupils }: { pupils: readonly Pupil[] }) {
  const [address, setAddress] = useSearchParams();
  const id = useId();
  const chosen = pupils.find(({ pupilId }) => pupilId === address.get(SUBJECT))?.pupilId ?? null;
  const choose = (pupilId: string) => setAddress(new URLSearchParams(pupilId === '' ? {} : { [SUBJECT]: pupilId }));
  return (
    <>
      <div className="search-form">
        <h2>{texts.filter}</h2>
        <div className="fields">
          <div className="field wide">
            <label htmlFor={id}>{texts.pupil}</label>
            <select
              id={id}
              className="form-select"
              value={chosen ?? ''}
              onChange={(event) => choose(event.target.value)}
            >
              <option value="">{texts.everybody}</option>
              {pupils.map(({ pupilId, displayName }) => (
                <option key={pupilId} value={pupilId}>
                  {displayName}
                </option>
              ))}
            </select>
          </div>
        </div>
      </div>
      <DocumentList pupils={pupils} pupilId={chosen} />
      <p className="pay-lead">
        <Icon name="it-card" className="icon-primary" /> {texts.payLead}{' '}
        <Link to="/pagamento-servizi-scolastici">{TEXTS.services.payment.title}</Link>.
      </p>
      <WrongData />
    </>
  );
}

function DocumentList({ pupils, pupilId }: { pupils: readonly Pupil[]; pupilId: string | null }) {
  const found = useInfiniteQuery(documentsQuery(pupilId));
  useSignOutNoticed(found.error);
  const retry = () => void found.refetch();
  const asOf = found.data?.pages[0]?.asOf;
  if (found.data === undefined || asOf === undefined) {
    return found.isError ? <TroubleNotice error={found.error} onRetry={retry} /> : <Loading />;
  }
  const documents = found.data.pages.flatMap((page) => page.documents);
  const nameOf = (wanted: string) => pupils.find((pupil) => pupil.pupilId === wanted)?.displayName ?? '';
  const loadList = async () => {
    const pages = await readWholeList(found);
    return pages === null ? null : wholeList(pages, nameOf);
  };
  const { columns } = texts;
  return (
    <section aria-labelledby="results-title">
      <ResultsTitle>{texts.list}</ResultsTitle>
      {found.isError && <TroubleNotice error={found.error} isStale onRetry={retry} />}
      {documents.length === 0 ? (
        <Notice tone="info">{texts.empty}</Notice>
      ) : (
        <div className="wide-table">
          <DataTable
            caption={texts.table}
            columns={[
              { label: columns.date },
              { label: columns.number },
              { label: columns.pupil },
              { label: columns.amount, isAmount: true },
              { label: columns.due, isAmount: true },
              { label: columns.paid, said: columns.paidAmount, isAmount: true },
              { label: columns.dueOn },
              { label: columns.handedOver },
              { label: columns.paid, said: columns.paidTick },
              { label: columns.notice },
              { label: columns.receipt },
            ]}
            rows={documents.map((document) => documentRow(document, nameOf(document.pupilId)))}
          />
        </div>
      )}
      <MoreButton
        shownCount={documents.length}
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        onMore={() => void found.fetchNextPage()}
      />
      {documents.length > 0 && (
        <ListTools
          fileName={`documenti-contabili-${asOf.slice(0, 10)}`}
          title={TEXTS.titles.documents}
          caption={texts.table}
          source="documents"
          isWhole={!found.hasNextPage}
          loadList={loadList}
        />
      )}
      <ProducedBy source="documents" asOf={asOf} />
    </section>
  );
}

function wholeList(pages: readonly PageOfDocuments[], nameOf: (pupilId: string) => string): WholeList {
  const { columns } = texts;
  return {
    asOf: pages[0]?.asOf ?? '',
    columns: [
      ...[columns.date, columns.number, columns.pupil, columns.amount, columns.due, columns.paid, columns.dueOn],
      ...[columns.handedOver, texts.descriptionColumn],
    ],
    rows: pages
      .flatMap((page) => page.documents)
      .map((document) => [
        formatDate(document.issuedOn),
        document.number,
        nameOf(document.pupilId),
        amount(document.amountCents),
        amount(document.dueCents),
        amount(document.paidCents),
        formatDate(document.dueOn),
        document.state === 'handed_over' ? texts.yes : texts.no,
        document.description,
      ]),
  };
}

function documentRow(document: AccountingDocument, pupil: string): DataRow {
  const { number, state, instalments } = document;
  const open = instalments.filter((one) => one.state === 'open');
  const paid = instalments.filter((one) => one.state === 'paid');
  const count = instalments.length;
  return {
    key: document.documentId,
    cells: [
      formatDate(document.issuedOn),
      <span key="number">
        {number}
        <br />
        <small>{document.description}</small>
      </span>,
      pupil,
      formatEuros(document.amountCents),
      formatEuros(document.dueCents),
      formatEuros(document.paidCents),
      `${formatDate(document.dueOn)}${state === 'overdue' ? ` (${texts.overdue})` : ''}`,
      state === 'handed_over' ? texts.handedOver : texts.no,
      state === 'paid' ? <Tick key="tick" /> : texts.no,
      <span key="notices" className="row-actions">
        {open.map((one) => (
          <a
            key={one.instalmentId}
            href={`/api/billing/instalments/${one.instalmentId}/notice`}
            aria-label={texts.noticeOf(number, one.ordinal)}
          >
            {texts.instalment(one.ordinal, count)}
          </a>
        ))}
        {state === 'in_verification' && texts.inVerification}
        {open.length === 0 && state !== 'in_verification' && '–'}
      </span>,
      <span key="receipts" className="row-actions">
        {paid.map((one) => (
          <a
            key={one.instalmentId}
            href={`/api/billing/instalments/${one.instalmentId}/receipt`}
            aria-label={texts.receiptOf(number, one.ordinal)}
          >
            {texts.instalment(one.ordinal, count)}
          </a>
        ))}
        {paid.length === 0 && '–'}
      </span>,
    ],
  };
}

function Tick() {
  return (
    <span>
      <Icon name="it-check-circle" className="icon-success icon-sm" /> {texts.yes}
    </span>
  );
}
