import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Pupil, PupilRecord as RecordOfPupil } from '../api/client.ts';
import { fascicoloQuery, readsQuery, recordQuery } from '../api/queries.ts';
import { formatDate, formatInstant } from '../domain/days.ts';
import { formatFileSize } from '../domain/file-size.ts';
import { formatEuros } from '../domain/money.ts';
import { RECORD_PARTS, type RecordPart, type RecordSearch, writeRecordSearch } from '../domain/record-search.ts';
import { TEXTS } from '../texts.ts';
import { DataTable } from './data-table.tsx';
import { Loading } from './loading.tsx';
import { MoreButton } from './more-button.tsx';
import { Notice } from './notice.tsx';
import { ProducedBy } from './produced-by.tsx';
import { TroubleNotice } from './trouble-notice.tsx';
import { useFocusWhenAsked } from './use-focus-when-asked.ts';
import { useSignOutNoticed } from './use-sign-out-noticed.ts';

const { record: texts } = TEXTS;
const { fields } = texts;

/** The record of one pupil in its four parts, each with an address of its own; nothing in it can be changed here. */
export function PupilRecord({ pupil, search }: { pupil: Pupil; search: RecordSearch }) {
  const record = useQuery(recordQuery(pupil.pupilId));
  const heading = useFocusWhenAsked<HTMLHeadingElement>();
  useSignOutNoticed(record.error);
  const retry = () => void record.refetch();
  return (
    <section aria-labelledby="record-title">
      <h2 id="record-title" ref={heading} tabIndex={-1}>
        {texts.sheetOf(pupil.displayName)}
      </h2>
      <div className="view-choice">
        <nav aria-label={texts.tabsLabel}>
          {(Object.keys(RECORD_PARTS) as RecordPart[]).map((part) => (
            <Link
              key={part}
              to={{ search: `?${writeRecordSearch({ ...search, part })}` }}
              className={`btn btn-sm ${part === search.part ? 'btn-primary' : 'btn-outline-primary'}`}
              {...(part === search.part ? { 'aria-current': 'true' as const } : {})}
            >
              {texts.tabs[part]}
            </Link>
          ))}
        </nav>
      </div>
      {record.data === undefined ? (
        record.isError ? (
          <TroubleNotice error={record.error} onRetry={retry} />
        ) : (
          <Loading />
        )
      ) : (
        <>
          {record.isError && <TroubleNotice error={record.error} isStale onRetry={retry} />}
          <RecordPartOf part={search.part} record={record.data} />
          <ProducedBy source="record" asOf={record.data.asOf} />
        </>
      )}
    </section>
  );
}

function RecordPartOf({ part, record }: { part: RecordPart; record: RecordOfPupil }) {
  if (part === 'general') return <GeneralData record={record} />;
  if (part === 'other') return <OtherData record={record} />;
  if (part === 'services') return <Services record={record} />;
  return <Fascicolo pupilId={record.pupilId} />;
}

function GeneralData({ record: { codiceFiscale, birth, residence } }: { record: RecordOfPupil }) {
  return (
    <>
      <Fields
        title={texts.birth}
        lines={[
          [fields.codiceFiscale, codiceFiscale],
          [fields.bornOn, birth && formatDate(birth.bornOn)],
          [fields.sex, birth && texts.sexes[birth.sex]],
          [fields.municipality, birth?.municipality],
          [fields.province, birth?.province],
        ]}
      />
      <Fields
        title={texts.residence}
        lines={[
          [fields.municipality, residence?.municipality],
          [fields.postalCode, residence?.postalCode],
          [fields.province, residence?.province],
          [fields.address, residence && `${residence.street}, ${residence.streetNumber}`],
          [fields.phone, residence?.phone],
        ]}
      />
    </>
  );
}

function OtherData({ record }: { record: RecordOfPupil }) {
  const [newest] = record.enrolments;
  const { badgeColumns } = texts;
  return (
    <>
      <Fields
        title={texts.tabs.other}
        lines={[
          [fields.payer, newest?.payerName],
          [fields.school, newest?.schoolName],
          [fields.class, newest?.className],
        ]}
      />
      <div className="record-part">
        <h3 className="record-title">{texts.badges}</h3>
        {record.badges.length === 0 ? (
          <p>{texts.noBadge}</p>
        ) : (
          <DataTable
            caption={texts.badgeTable}
            columns={[{ label: badgeColumns.number }, { label: badgeColumns.status }, { label: badgeColumns.period }]}
            rows={record.badges.map((badge) => ({
              key: badge.badgeId,
              cells: [badge.badgeNumber, texts.badgeStatuses[badge.status], period(badge)],
            }))}
          />
        )}
      </div>
      <Reads pupilId={record.pupilId} />
    </>
  );
}

function Services({ record: { enrolments } }: { record: RecordOfPupil }) {
  if (enrolments.length === 0) return <Notice tone="info">{texts.noService}</Notice>;
  return enrolments.map((enrolment) => (
    <Fields
      key={enrolment.enrolmentId}
      title={enrolment.serviceName}
      lines={[
        [fields.schoolYear, enrolment.schoolYear],
        [fields.school, enrolment.schoolName],
        [fields.class, enrolment.className],
        [fields.period, period(enrolment)],
        [fields.payer, enrolment.payerName],
        [fields.paymentMode, texts.paymentModes[enrolment.paymentMode]],
        [fields.invoiceDelivery, invoiceDelivery(enrolment)],
        [fields.tariff, enrolment.tariffName],
        ...(enrolment.isee === null ? [] : [[fields.isee, iseeText(enrolment.isee)] as const]),
        [
          fields.reductions,
          enrolment.reductions
            .map((one) => texts.reductionOf(one.percent, texts.reductionReasons[one.reason], period(one)))
            .join('; ') || texts.noReduction,
        ],
        [fields.price, texts.perMeal(formatEuros(enrolment.priceCents))],
        [
          fields.priceHistory,
          enrolment.priceHistory
            .map((price) => `${formatEuros(price.priceCents)} ${period(price)}`)
            .reverse()
            .join('; '),
        ],
      ]}
    />
  ));
}

type Enrolment = RecordOfPupil['enrolments'][number];

/** All the ways in which an invoice comes; one of them is always this portal. */
function invoiceDelivery({ paymentMode, invoiceEmail, invoiceAddress: address }: Enrolment): string {
  if (paymentMode === 'prepaid') return texts.noInvoice;
  const place = address && `${address.street}, ${address.postalCode} ${address.municipality} (${address.province})`;
  return [
    texts.invoiceInPortal,
    ...(invoiceEmail === '' ? [] : [texts.invoiceByEmail(invoiceEmail)]),
    ...(address === null ? [] : [texts.invoiceByPost(`${address.recipient}, ${place}`)]),
  ].join('; ');
}

/** What the household's ISEE makes of the price, and until when. */
function iseeText({ outcome, upToCents, certifiedUntil }: NonNullable<Enrolment['isee']>): string {
  if (certifiedUntil === null || outcome === 'no_certification') return texts.noIsee;
  const band = outcome === 'in_band' && upToCents !== null ? texts.iseeUpTo(formatEuros(upToCents)) : texts.iseeAbove;
  return `${band}, ${texts.iseeUntil(formatDate(certifiedUntil))}`;
}

function Fascicolo({ pupilId }: { pupilId: string }) {
  const found = useInfiniteQuery(fascicoloQuery(pupilId));
  useSignOutNoticed(found.error);
  if (found.data === undefined) {
    return found.isError ? <TroubleNotice error={found.error} onRetry={() => void found.refetch()} /> : <Loading />;
  }
  const documents = found.data.pages.flatMap((page) => page.documents);
  const { fascicoloColumns: columns } = texts;
  if (documents.length === 0) return <Notice tone="info">{texts.noDocuments}</Notice>;
  return (
    <div className="record-part">
      <h3 className="record-title">{texts.tabs.fascicolo}</h3>
      <DataTable
        caption={texts.fascicoloTable}
        columns={[
          { label: columns.title },
          { label: columns.kind },
          { label: columns.addedAt },
          { label: columns.file },
        ]}
        rows={documents.map((document) => ({
          key: document.documentId,
          cells: [
            document.title,
            texts.kinds[document.kind],
            formatInstant(document.addedAt),
            <a
              key="file"
              href={`/api/anagrafica/pupils/${pupilId}/documents/${document.documentId}/content`}
              aria-label={texts.downloadOf(
                document.title,
                texts.types[document.mediaType],
                formatFileSize(document.byteCount),
              )}
            >
              {texts.download} ({texts.types[document.mediaType]}, {formatFileSize(document.byteCount)})
            </a>,
          ],
        }))}
      />
      <MoreButton
        shownCount={documents.length}
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        onMore={() => void found.fetchNextPage()}
      />
    </div>
  );
}

function Reads({ pupilId }: { pupilId: string }) {
  const found = useInfiniteQuery(readsQuery(pupilId));
  useSignOutNoticed(found.error);
  const reads = found.data?.pages.flatMap((page) => page.reads);
  const { readColumns: columns } = texts;
  return (
    <div className="record-part">
      <h3 className="record-title">{texts.reads}</h3>
      <p>{texts.readsText}</p>
      {reads === undefined && !found.isError && <Loading />}
      {found.isError && <TroubleNotice error={found.error} onRetry={() => void found.refetch()} />}
      {reads?.length === 0 && <p>{texts.noReads}</p>}
      {reads !== undefined && reads.length > 0 && (
        <>
          <DataTable
            caption={texts.readsTable}
            columns={[{ label: columns.at }, { label: columns.reader }, { label: columns.what }]}
            rows={reads.map((read, index) => ({
              key: String(index),
              cells: [formatInstant(read.readAt), texts.readers[read.reader], texts.whats[read.what]],
            }))}
          />
          <MoreButton
            shownCount={reads.length}
            hasMore={found.hasNextPage}
            isLoading={found.isFetchingNextPage}
            onMore={() => void found.fetchNextPage()}
          />
        </>
      )}
    </div>
  );
}

interface FieldsProps {
  readonly title: string;
  /** A value that is not known is said to be so. */
  readonly lines: readonly (readonly [string, ReactNode])[];
}

function Fields({ title, lines }: FieldsProps) {
  return (
    <div className="record-part">
      <h3 className="record-title">{title}</h3>
      <dl className="record-fields">
        {lines.map(([label, value]) => (
          <div key={label} className="record-line">
            <dt className="record-label">{label}</dt>
            <dd className="record-value">{value || texts.unknown}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function period({ validFrom, validUntil }: { validFrom: string; validUntil: string | null }): string {
  return texts.periodOf(formatDate(validFrom), validUntil === null ? null : formatDate(validUntil));
}
