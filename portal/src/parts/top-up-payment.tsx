import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { useEffect, useRef } from 'react';
import { type Pupil, startCart, type TopUp } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { sessionQuery, topUpQuery, topUpRulesQuery } from '../api/queries.ts';
import { formatDate } from '../domain/days.ts';
import { formatEuros } from '../domain/money.ts';
import { groupedNotice } from '../domain/notice-number.ts';
import { TEXTS } from '../texts.ts';
import { Loading } from './loading.tsx';
import { Notice } from './notice.tsx';
import { TroubleNotice } from './trouble-notice.tsx';
import { useSignOutNoticed } from './use-sign-out-noticed.ts';

const { choice: texts } = TEXTS.topUps;

interface TopUpPaymentProps {
  readonly orderId: string;
  readonly pupils: readonly Pupil[];
  readonly onBack: () => void;
}

/** How an order is paid: at once at pagoPA, or later with its notice. */
export function TopUpPayment({ orderId, pupils, onBack }: TopUpPaymentProps) {
  const order = useQuery(topUpQuery(orderId));
  useSignOutNoticed(order.error);
  const back = (
    <Button color="primary" outline onClick={onBack}>
      {texts.back}
    </Button>
  );
  if (order.data === undefined) {
    return order.isError ? (
      <>
        <TroubleNotice error={order.error} onRetry={() => void order.refetch()} />
        {back}
      </>
    ) : (
      <Loading />
    );
  }
  if (order.data.state === 'pending') {
    return (
      <>
        <Ways order={order.data} pupils={pupils} />
        {back}
      </>
    );
  }
  return (
    <>
      <Notice tone="info">{order.data.state === 'in_verification' ? texts.inVerification : texts.closed}</Notice>
      {back}
    </>
  );
}

function Ways({ order, pupils }: { order: TopUp; pupils: readonly Pupil[] }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // It takes the place of the form that was just sent.
  useEffect(() => heading.current?.focus(), []);
  const rules = useQuery(topUpRulesQuery);
  const service = rules.data?.find((rule) => rule.service === order.service)?.label ?? '';
  const pupil = pupils.find(({ pupilId }) => pupilId === order.pupilId)?.displayName ?? '';
  return (
    <section aria-labelledby="ways-title">
      <h2 id="ways-title" ref={heading} tabIndex={-1}>
        {texts.title}
      </h2>
      <p className="pupil-line">
        <strong>{texts.summary(formatEuros(order.amountCents), service, pupil)}</strong>
      </p>
      <div className="ways">
        <OnlineWay order={order} />
        <div className="way">
          <h3>{texts.later}</h3>
          <p>{texts.laterText(formatDate(order.expiresOn))}</p>
          <p>
            {texts.notice}: <strong className="notice-number">{groupedNotice(order.noticeNumber)}</strong>
          </p>
          <a className="btn btn-outline-primary" href={`/api/billing/top-ups/${order.orderId}/notice`}>
            {texts.laterButton}
          </a>
        </div>
      </div>
      <p>{TEXTS.topUps.reminder}</p>
    </section>
  );
}

function OnlineWay({ order }: { order: TopUp }) {
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  // One id for one wish to pay: a second click finds the same cart.
  const cartId = useRef(crypto.randomUUID());
  // The second click of a double click comes before the page is drawn anew.
  const isUnderWay = useRef(false);
  const paying = useMutation({
    mutationFn: () => {
      const csrfToken = session.data?.signedIn ? session.data.csrfToken : '';
      return startCart({ cartId: cartId.current, orderIds: [order.orderId], instalmentIds: [] }, csrfToken);
    },
    onSettled: () => {
      isUnderWay.current = false;
    },
    onSuccess: (redirectUrl) => globalThis.location.assign(redirectUrl),
    onError: () => void queries.invalidateQueries({ queryKey: ['top-ups'] }),
  });
  useSignOutNoticed(paying.error);
  const isBusy = paying.isPending || paying.isSuccess;
  const pay = () => {
    if (isUnderWay.current || isBusy) return;
    isUnderWay.current = true;
    paying.mutate();
  };
  return (
    <div className="way">
      <h3>{texts.now}</h3>
      <p>{texts.nowText}</p>
      <Button color="primary" aria-disabled={isBusy} onClick={pay}>
        {isBusy ? texts.going : texts.nowButton}
      </Button>
      {paying.isError && <PayingFault error={paying.error} onRetry={() => paying.mutate()} />}
    </div>
  );
}

function PayingFault({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const kind = error instanceof ApiProblem ? error.kind : '';
  if (kind === 'checkout_away') return <Notice tone="warning">{texts.checkoutAway}</Notice>;
  if (kind === 'in_verification') return <Notice tone="info">{texts.inVerification}</Notice>;
  if (kind === 'not_payable') return <Notice tone="info">{texts.closed}</Notice>;
  return <TroubleNotice error={error} onRetry={onRetry} />;
}
