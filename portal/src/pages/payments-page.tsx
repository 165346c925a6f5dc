import { serviceDateAt } from '@campanella/vocabulary';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { type PageOfPayables, type Payable, type Pupil, startCart } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { payablesQuery, sessionQuery } from '../api/queries.ts';
import { readWholeList } from '../api/whole-list.ts';
import { readReturn } from '../domain/cart-return.ts';
import { formatDate } from '../domain/days.ts';
import { amount, type WholeList } from '../domain/list.ts';
import { formatEuros } from '../domain/money.ts';
import { groupedNotice } from '../domain/notice-number.ts';
import { CHOSEN_MAX, chosenOf, toggle, toggleAll, totalOf } from '../domain/selection.ts';
import { type DataRow, DataTable } from '../parts/data-table.tsx';
import { ListTools } from '../parts/list-tools.tsx';
import { Loading } from '../parts/loading.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Notice } from '../parts/notice.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ProducedBy } from '../parts/produced-by.tsx';
import { ResultsTitle } from '../parts/results-title.tsx';
import { ReturnedNotice } from '../parts/returned-notice.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useSignOutNoticed } from '../parts/use-sign-out-noticed.ts';
import { WrongData } from '../parts/wrong-data.tsx';
import { TEXTS } from '../texts.ts';

const { payments: texts } = TEXTS;

/** `Pagamento servizi scolastici`: all that waits for its payment, up to five at once to pagoPA, or one by one by its notice. */
export function PaymentsPage() {
  return (
    <OwnPupils
      head={
        <PageHead
          title={TEXTS.titles.payment}
          crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.payment.title }]}
          intro={texts.intro}
        />
      }
    >
      {(pupils) => <Payments pupils={pupils} />}
    </OwnPupils>
  );
}

function Payments({ pupils }: { pupils: readonly Pupil[] }) {
  const [address] = useSearchParams();
  const returned = readReturn(address);
  return (
    <>
      {returned !== null && <ReturnedNotice key={returned.cartId} {...returned} />}
      <section aria-labelledby="instructions-title">
        <h2 id="instructions-title">{texts.instructions}</h2>
        <ol>
          {texts.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p>{texts.later}</p>
      </section>
      <PayableList pupils={pupils} isAwaited={returned !== null} />
      <WrongData />
    </>
  );
}

function PayableList({ pupils, isAwaited }: { pupils: readonly Pupil[]; isAwaited: boolean }) {
  const [isLive, setIsLive] = useState(isAwaited);
  const found = useInfiniteQuery(payablesQuery(isLive));
  useSignOutNoticed(found.error);
  const payables = found.data?.pages.flatMap((page) => page.payables);
  const awaits = payables?.some((one) => one.isInVerification) ?? isAwaited;
  useEffect(() => setIsLive(awaits), [awaits]);
  const retry = () => void found.refetch();
  const asOf = found.data?.pages[0]?.asOf;
  if (payables === undefined || asOf === undefined) {
    return found.isError ? <TroubleNotice error={found.error} onRetry={retry} /> : <Loading />;
  }
  const nameOf = (pupilId: string) => pupils.find((pupil) => pupil.pupilId === pupilId)?.displayName ?? '';
  const loadList = async () => {
    const pages = await readWholeList(found);
    return pages === null ? null : wholeList(pages, nameOf);
  };
  return (
    <section aria-labelledby="results-title">
      <ResultsTitle>{texts.list}</ResultsTitle>
      {found.isError && <TroubleNotice error={found.error} isStale onRetry={retry} />}
      {payables.length === 0 ? (
        <Notice tone="info">{texts.empty}</Notice>
      ) : (
        <Choice payables={payables} nameOf={nameOf} />
      )}
      <MoreButton
        shownCount={payables.length}
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        onMore={() => void found.fetchNextPage()}
      />
      {payables.length > 0 && (
        <ListTools
          fileName={`pagamenti-${asOf.slice(0, 10)}`}
          title={TEXTS.titles.payment}
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

function wholeList(pages: readonly PageOfPayables[], nameOf: (pupilId: string) => string): WholeList {
  const { columns } = texts;
  return {
    asOf: pages[0]?.asOf ?? '',
    columns: [
      ...[columns.dueOn, columns.issuedOn, columns.number, columns.instalment, columns.pupil, columns.amount],
      ...[texts.noticeColumn, texts.stateColumn, texts.descriptionColumn],
    ],
    rows: pages
      .flatMap((page) => page.payables)
      .map((payable) => [
        formatDate(payable.dueOn),
        formatDate(payable.issuedOn),
        payable.number,
        texts.instalment(payable.ordinal, payable.instalmentCount),
        nameOf(payable.pupilId),
        amount(payable.amountCents),
        // In groups, so that a spreadsheet does not take it for an amount and round it.
        groupedNotice(payable.noticeNumber),
        payable.isInVerification ? texts.inVerification : texts.toPay,
        payable.description,
      ]),
  };
}

function dueText({ dueOn }: Payable): string {
  const isOverdue = dueOn < serviceDateAt(new Date());
  return `${formatDate(dueOn)}${isOverdue ? ` (${texts.overdue})` : ''}`;
}

interface ChoiceProps {
  readonly payables: readonly Payable[];
  readonly nameOf: (pupilId: string) => string;
}

function Choice({ payables, nameOf }: ChoiceProps) {
  const [wanted, setWanted] = useState<ReadonlySet<string>>(new Set());
  const chosen = chosenOf(wanted, payables);
  const isFull = chosen.length >= CHOSEN_MAX;
  const ids = new Set(chosen.map(({ instalmentId }) => instalmentId));
  const row = (payable: Payable): DataRow => ({
    key: payable.instalmentId,
    cells: [
      dueText(payable),
      formatDate(payable.issuedOn),
      <span key="number">
        {payable.number}
        <br />
        <small>{payable.description}</small>
      </span>,
      texts.instalment(payable.ordinal, payable.instalmentCount),
      nameOf(payable.pupilId),
      formatEuros(payable.amountCents),
      <a
        key="print"
        href={`/api/billing/instalments/${payable.instalmentId}/notice`}
        aria-label={texts.printOf(payable.number, payable.ordinal)}
      >
        {texts.print}
      </a>,
      payable.isInVerification ? (
        texts.inVerification
      ) : (
        <input
          key="choose"
          type="checkbox"
          className="choose"
          aria-label={texts.chooseOf(payable.number, payable.ordinal)}
          checked={ids.has(payable.instalmentId)}
          disabled={isFull && !ids.has(payable.instalmentId)}
          onChange={() => setWanted(toggle(ids, payable.instalmentId))}
        />
      ),
    ],
  });
  const { columns } = texts;
  return (
    <>
      <label className="choose-all">
        <input
          type="checkbox"
          className="choose"
          checked={chosen.length > 0 && toggleAll(ids, payables).size === 0}
          onChange={() => setWanted(toggleAll(ids, payables))}
        />{' '}
        {texts.chooseAll}
      </label>
      <DataTable
        caption={texts.table}
        columns={[
          { label: columns.dueOn },
          { label: columns.issuedOn },
          { label: columns.number },
          { label: columns.instalment },
          { label: columns.pupil },
          { label: columns.amount, isAmount: true },
          { label: columns.print },
          { label: columns.choose },
        ]}
        rows={payables.map(row)}
      />
      <p role="status">{isFull && texts.tooMany}</p>
      {payables.some(({ isInVerification }) => isInVerification) && <p>{texts.verificationHelp}</p>}
      <Pay chosen={chosen} />
    </>
  );
}

function Pay({ chosen }: { chosen: readonly Payable[] }) {
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const instalmentIds = chosen.map(({ instalmentId }) => instalmentId);
  // One id for one wish to pay: a second click finds the same cart; another choice is another wish.
  const cart = useRef({ of: '', cartId: '' });
  // The second click of a double click comes before the page is drawn anew.
  const isUnderWay = useRef(false);
  const paying = useMutation({
    mutationFn: () => {
      const of = instalmentIds.join(' ');
      if (cart.current.of !== of) cart.current = { of, cartId: crypto.randomUUID() };
      const csrfToken = session.data?.signedIn ? session.data.csrfToken : '';
      return startCart({ cartId: cart.current.cartId, orderIds: [], instalmentIds }, csrfToken);
    },
    onSettled: () => {
      isUnderWay.current = false;
    },
    onSuccess: (redirectUrl) => globalThis.location.assign(redirectUrl),
    onError: () => queries.invalidateQueries({ queryKey: ['payables'] }),
  });
  useSignOutNoticed(paying.error);
  const isBusy = paying.isPending || paying.isSuccess;
  const pay = () => {
    if (isUnderWay.current || isBusy) return;
    isUnderWay.current = true;
    paying.mutate();
  };
  return (
    <div className="pay">
      <p className="pay-total" aria-live="polite">
        {texts.total}: <strong data-testid="total">{formatEuros(totalOf(chosen))}</strong>
      </p>
      <Button color="primary" disabled={chosen.length === 0} aria-disabled={isBusy} onClick={pay}>
        {isBusy ? texts.going : texts.button}
      </Button>
      {paying.isError && <PayingFault error={paying.error} onRetry={() => paying.mutate()} />}
      <p>{texts.reminder}</p>
    </div>
  );
}

function PayingFault({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const kind = error instanceof ApiProblem ? error.kind : '';
  if (kind === 'checkout_away') return <Notice tone="warning">{texts.checkoutAway}</Notice>;
  if (kind === 'in_verification') return <Notice tone="info">{texts.busy}</Notice>;
  if (kind === 'not_payable' || kind === 'not_found') return <Notice tone="info">{texts.closed}</Notice>;
  return <TroubleNotice error={error} onRetry={onRetry} />;
}
