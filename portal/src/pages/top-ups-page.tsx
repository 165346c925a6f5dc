import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { cancelTopUp, orderTopUp, type PageOfTopUps, type Pupil, type TopUp, type TopUpRules } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { sessionQuery, topUpRulesQuery, topUpsQuery } from '../api/queries.ts';
import { readWholeList } from '../api/whole-list.ts';
import { readReturn } from '../domain/cart-return.ts';
import { formatDate, formatMinute } from '../domain/days.ts';
import { amount, type WholeList } from '../domain/list.ts';
import { formatEuros } from '../domain/money.ts';
import {
  type AmountFault,
  amountOf,
  readTopUpDraft,
  type TopUpDraft,
  writeTopUpDraft,
} from '../domain/top-up-draft.ts';
import { type DataRow, DataTable } from '../parts/data-table.tsx';
import { ListTools } from '../parts/list-tools.tsx';
import { Loading } from '../parts/loading.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Notice } from '../parts/notice.tsx';
import { OfficeContact } from '../parts/office-contact.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ProducedBy } from '../parts/produced-by.tsx';
import { ReturnedNotice } from '../parts/returned-notice.tsx';
import { TextField } from '../parts/text-field.tsx';
import { TopUpPayment } from '../parts/top-up-payment.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useDraft } from '../parts/use-draft.ts';
import { useSignOutNoticed } from '../parts/use-sign-out-noticed.ts';
import { WrongData } from '../parts/wrong-data.tsx';
import { TEXTS } from '../texts.ts';

const { topUps: texts } = TEXTS;
const CHOSEN = 'ricarica';

/** `Ricariche con PagoPA`: a guardian orders a top-up, pays it now or later, and follows what becomes of it. */
export function TopUpsPage() {
  return (
    <OwnPupils
      head={
        <PageHead
          title={TEXTS.titles.topUp}
          crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.topUp.title }]}
          intro={texts.intro}
        />
      }
    >
      {(pupils) => <TopUps pupils={pupils} />}
    </OwnPupils>
  );
}

function TopUps({ pupils }: { pupils: readonly Pupil[] }) {
  const [address, setAddress] = useSearchParams();
  const chosen = address.get(CHOSEN);
  const returned = readReturn(address);
  if (chosen !== null) {
    return <TopUpPayment orderId={chosen} pupils={pupils} onBack={() => setAddress(new URLSearchParams())} />;
  }
  const pay = (orderId: string) => setAddress(new URLSearchParams({ [CHOSEN]: orderId }));
  return (
    <>
      {returned !== null && <ReturnedNotice key={returned.cartId} {...returned} />}
      <NewTopUp pupils={pupils} onOrdered={pay} />
      <TopUpList pupils={pupils} onPay={pay} />
      <WrongData />
    </>
  );
}

function NewTopUp(props: { pupils: readonly Pupil[]; onOrdered: (orderId: string) => void }) {
  const rules = useQuery(topUpRulesQuery);
  useSignOutNoticed(rules.error);
  if (rules.data !== undefined) return <TopUpForm {...props} rules={rules.data} />;
  return rules.isError ? <TroubleNotice error={rules.error} onRetry={() => void rules.refetch()} /> : <Loading />;
}

interface OwnBadge {
  readonly badgeId: string;
  readonly badgeNumber: string;
  readonly pupil: Pupil;
}

/** Badges of pupils who have an account in the service: where the money would go. */
function badgesFor(pupils: readonly Pupil[], service: string | undefined): OwnBadge[] {
  return pupils
    .filter(({ enrolments }) => enrolments.some((one) => one.service === service && one.paymentMode === 'prepaid'))
    .flatMap((pupil) =>
      pupil.badges
        .filter(({ status }) => status === 'active')
        .map(({ badgeId, badgeNumber }) => ({ badgeId, badgeNumber, pupil })),
    );
}

interface FormProps {
  readonly pupils: readonly Pupil[];
  readonly rules: readonly TopUpRules[];
  readonly onOrdered: (orderId: string) => void;
}

function TopUpForm({ pupils, rules, onOrdered }: FormProps) {
  const [draft, setDraft] = useDraft(readTopUpDraft, writeTopUpDraft);
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const id = useId();
  const [fault, setFault] = useState<AmountFault | null>(null);
  // One id for one order, however often it has to be sent.
  const orderId = useRef(crypto.randomUUID());
  // The second click of a double click comes before the page is drawn anew.
  const isUnderWay = useRef(false);
  const rule = rules.find(({ service }) => service === draft.service) ?? rules[0];
  const badges = badgesFor(pupils, rule?.service);
  const badge = badges.find(({ badgeId }) => badgeId === draft.badgeId) ?? badges[0];
  const ordering = useMutation({
    mutationFn: (amountCents: number) => {
      const request = { orderId: orderId.current, pupilId: badge?.pupil.pupilId ?? '', service: rule?.service ?? '' };
      const csrfToken = session.data?.signedIn ? session.data.csrfToken : '';
      return orderTopUp({ ...request, badgeNumber: badge?.badgeNumber ?? null, amountCents }, csrfToken);
    },
    // What a service refused for its content is another order next time.
    onError: (error) => {
      if (error instanceof ApiProblem && (error.status === 409 || error.status === 422))
        orderId.current = crypto.randomUUID();
    },
    onSettled: () => {
      isUnderWay.current = false;
    },
    onSuccess: (order) => {
      void queries.invalidateQueries({ queryKey: ['top-ups'] });
      onOrdered(order.orderId);
    },
  });
  useSignOutNoticed(ordering.error);
  if (rule === undefined || badge === undefined) {
    return (
      <Notice tone="info">
        <p>
          {rule === undefined ? texts.noRules : texts.noBadge} <OfficeContact />
        </p>
      </Notice>
    );
  }
  const change = (changed: Partial<TopUpDraft>) => setDraft({ ...draft, ...changed });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const amountCents = amountOf(draft.amount, rule);
    setFault(typeof amountCents === 'number' ? null : amountCents);
    if (typeof amountCents !== 'number') document.getElementById(`${id}-amount`)?.focus();
    if (typeof amountCents !== 'number' || isUnderWay.current) return;
    isUnderWay.current = true;
    ordering.mutate(amountCents);
  };
  return (
    <form className="search-form" onSubmit={submit} noValidate aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{texts.form}</h2>
      <div className="fields">
        <Choice
          label={texts.service}
          value={rule.service}
          options={rules.map(({ service, label }) => ({ value: service, label }))}
          onChange={(service) => change({ service, badgeId: null })}
        />
        <Choice
          label={texts.badge}
          value={badge.badgeId}
          options={badges.map((one) => ({
            value: one.badgeId,
            label: TEXTS.search.badgeOption(one.badgeNumber, one.pupil.displayName),
          }))}
          onChange={(badgeId) => change({ badgeId })}
        />
        <TextField
          id={`${id}-amount`}
          label={texts.amount}
          value={draft.amount}
          placeholder="20,00"
          isNumeric
          onChange={(amount) => change({ amount })}
          faultId={fault === null ? undefined : `${id}-fault`}
        />
        <Button color="primary" type="submit" aria-disabled={ordering.isPending}>
          {ordering.isPending ? texts.sending : texts.button}
        </Button>
      </div>
      <p className="amount-help">
        {texts.amountHelp(formatEuros(rule.minimumCents), formatEuros(rule.maximumCents), formatEuros(rule.stepCents))}
      </p>
      <p id={`${id}-fault`} className="fault" role="alert">
        {fault !== null && faultText(fault, rule)}
      </p>
      <p>{texts.reminder}</p>
      {ordering.isError && <OrderingFault error={ordering.error} onRetry={() => ordering.mutate(ordering.variables)} />}
    </form>
  );
}

function faultText(fault: AmountFault, rule: TopUpRules): string {
  if (fault === 'unreadable') return texts.faults.unreadable;
  if (fault === 'below_minimum') return texts.faults.below_minimum(formatEuros(rule.minimumCents));
  if (fault === 'above_maximum') return texts.faults.above_maximum(formatEuros(rule.maximumCents));
  return texts.faults.off_step(formatEuros(rule.stepCents));
}

function OrderingFault({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (!(error instanceof ApiProblem) || (error.status !== 409 && error.status !== 422)) {
    return <TroubleNotice error={error} onRetry={onRetry} />;
  }
  const text = error.kind === 'too_many_pending' ? texts.faults.too_many_pending : texts.faults.changed;
  return <Notice tone="danger">{text}</Notice>;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div className="field wide">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="form-select" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

const AWAITED: readonly TopUp['state'][] = ['in_verification', 'paid'];

function TopUpList({ pupils, onPay }: { pupils: readonly Pupil[]; onPay: (orderId: string) => void }) {
  const [isAwaited, setIsAwaited] = useState(true);
  const topUps = useInfiniteQuery(topUpsQuery(isAwaited));
  useSignOutNoticed(topUps.error);
  const orders = topUps.data?.pages.flatMap((page) => page.topUps);
  const awaits = orders?.some(({ state }) => AWAITED.includes(state)) ?? true;
  useEffect(() => setIsAwaited(awaits), [awaits]);
  const asOf = topUps.data?.pages[0]?.asOf;
  const retry = () => void topUps.refetch();
  if (orders === undefined || asOf === undefined) {
    return topUps.isError ? <TroubleNotice error={topUps.error} onRetry={retry} /> : <Loading />;
  }
  const nameOf = (pupilId: string) => pupils.find((pupil) => pupil.pupilId === pupilId)?.displayName ?? '';
  const loadList = async () => {
    const pages = await readWholeList(topUps);
    return pages === null ? null : wholeList(pages, nameOf);
  };
  return (
    <section aria-labelledby="top-ups-title">
      <h2 id="top-ups-title">{texts.list}</h2>
      {topUps.isError && <TroubleNotice error={topUps.error} isStale onRetry={retry} />}
      {orders.length === 0 ? (
        <Notice tone="info">{texts.empty}</Notice>
      ) : (
        <DataTable
          caption={texts.table}
          columns={[
            { label: texts.columns.date },
            { label: texts.columns.pupil },
            { label: texts.columns.badge },
            { label: texts.columns.amount, isAmount: true },
            { label: texts.columns.state },
            { label: texts.columns.actions },
          ]}
          rows={orders.map((order) => orderRow(order, nameOf(order.pupilId), onPay))}
        />
      )}
      <MoreButton
        shownCount={orders.length}
        hasMore={topUps.hasNextPage}
        isLoading={topUps.isFetchingNextPage}
        onMore={() => void topUps.fetchNextPage()}
      />
      {orders.length > 0 && (
        <ListTools
          fileName={`ricariche-${asOf.slice(0, 10)}`}
          title={TEXTS.titles.topUp}
          caption={texts.table}
          source="topUps"
          isWhole={!topUps.hasNextPage}
          loadList={loadList}
        />
      )}
      <ProducedBy source="topUps" asOf={asOf} />
    </section>
  );
}

function wholeList(pages: readonly PageOfTopUps[], nameOf: (pupilId: string) => string): WholeList {
  const { columns } = texts;
  return {
    asOf: pages[0]?.asOf ?? '',
    columns: [columns.date, columns.pupil, columns.badge, columns.amount, columns.state],
    rows: pages
      .flatMap((page) => page.topUps)
      .map((order) => [
        formatMinute(order.orderedAt),
        nameOf(order.pupilId),
        order.badgeNumber ?? '',
        amount(order.amountCents),
        stateText(order),
      ]),
  };
}

function orderRow(order: TopUp, pupil: string, onPay: (orderId: string) => void): DataRow {
  return {
    key: order.orderId,
    cells: [
      formatMinute(order.orderedAt),
      pupil,
      order.badgeNumber ?? '–',
      formatEuros(order.amountCents),
      <span key="state" className={`top-up-state ${order.state}`}>
        {stateText(order)}
      </span>,
      order.state === 'pending' ? <Actions key="actions" order={order} onPay={onPay} /> : '–',
    ],
  };
}

function stateText(order: TopUp): string {
  if (order.state === 'pending') return texts.states.pending(formatDate(order.expiresOn));
  if (order.state === 'credited') return texts.states.credited(formatMinute(order.creditedAt ?? order.orderedAt));
  return texts.states[order.state];
}

function Actions({ order, onPay }: { order: TopUp; onPay: (orderId: string) => void }) {
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => cancelTopUp(order.orderId, session.data?.signedIn ? session.data.csrfToken : ''),
    onSettled: () => queries.invalidateQueries({ queryKey: ['top-ups'] }),
  });
  useSignOutNoticed(cancelling.error);
  const amount = formatEuros(order.amountCents);
  return (
    <>
      <span className="row-actions">
        <Button color="primary" size="xs" aria-label={texts.payOf(amount)} onClick={() => onPay(order.orderId)}>
          {texts.pay}
        </Button>
        <Button
          color="primary"
          outline
          size="xs"
          aria-label={texts.cancelOf(amount)}
          disabled={cancelling.isPending}
          onClick={() => cancelling.mutate()}
        >
          {cancelling.isPending ? texts.cancelling : texts.cancel}
        </Button>
      </span>
      {cancelling.isError && <span role="alert">{texts.cancelFailed}</span>}
    </>
  );
}
