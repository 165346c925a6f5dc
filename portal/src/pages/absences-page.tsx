import { serviceDateAt } from '@campanella/vocabulary';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { type AbsenceDay, type AbsenceNotice, communicateAbsence, type Pupil } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { absenceNoticeQuery, sessionQuery } from '../api/queries.ts';
import {
  type AbsenceDraft,
  type DraftFault,
  daysOf,
  firstDay,
  readDraft,
  writeDraft,
} from '../domain/absence-draft.ts';
import { formatDate, formatDay, formatMinute } from '../domain/days.ts';
import { Icon } from '../parts/icon.tsx';
import { Loading } from '../parts/loading.tsx';
import { Notice } from '../parts/notice.tsx';
import { OfficeContact } from '../parts/office-contact.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { RefusalNotice } from '../parts/refusal-notice.tsx';
import { TextField } from '../parts/text-field.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useDraft } from '../parts/use-draft.ts';
import { useSignOutNoticed } from '../parts/use-sign-out-noticed.ts';
import { WrongData } from '../parts/wrong-data.tsx';
import { TEXTS } from '../texts.ts';

const { absences: texts, search: searchTexts } = TEXTS;
const SERVICE = 'school_meals';

/** `Comunicazioni assenze`: a guardian says that a pupil will not eat at school, and reads the outcome day by day. */
export function AbsencesPage() {
  return (
    <OwnPupils
      head={
        <PageHead
          title={TEXTS.titles.absences}
          crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.absences.title }]}
          intro={texts.intro}
        />
      }
    >
      {(pupils) => <Communication pupils={pupils} />}
    </OwnPupils>
  );
}

function Communication({ pupils }: { pupils: readonly Pupil[] }) {
  const [draft, setDraft] = useDraft(readDraft, writeDraft);
  const pupilId = draft.pupilId ?? pupils[0]?.pupilId ?? '';
  const pupil = pupils.find((one) => one.pupilId === pupilId);
  return (
    <>
      {pupil === undefined ? (
        <RefusalNotice />
      ) : (
        <LoadedRules key={pupil.pupilId} pupil={pupil} pupils={pupils} draft={draft} onDraft={setDraft} />
      )}
      <WrongData />
    </>
  );
}

interface FormProps {
  readonly pupil: Pupil;
  readonly pupils: readonly Pupil[];
  readonly draft: AbsenceDraft;
  readonly onDraft: (draft: AbsenceDraft) => void;
}

function LoadedRules(props: FormProps) {
  const notice = useQuery(absenceNoticeQuery(props.pupil.pupilId, SERVICE));
  useSignOutNoticed(notice.error);
  if (notice.data !== undefined) return <AbsenceForm {...props} notice={notice.data} />;
  if (notice.error instanceof ApiProblem && notice.error.kind === 'not_offered') {
    return (
      <>
        <PupilChoice {...props} />
        <Notice tone="info">
          <p>
            {texts.faults.not_offered} <OfficeContact />
          </p>
        </Notice>
      </>
    );
  }
  return notice.isError ? <TroubleNotice error={notice.error} onRetry={() => void notice.refetch()} /> : <Loading />;
}

function AbsenceForm({ notice, ...props }: FormProps & { notice: AbsenceNotice }) {
  const { pupil, draft, onDraft } = props;
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const id = useId();
  const today = serviceDateAt(new Date());
  const start = formatDate(firstDay(notice.next?.serviceDate ?? null, today));
  const filled = {
    from: draft.from ?? start,
    to: draft.to ?? start,
    type: notice.types.find(({ code }) => code === draft.type)?.code ?? notice.types[0]?.code ?? '',
  };
  const [fault, setFault] = useState<DraftFault | null>(null);
  // One id for one communication, however often it has to be sent.
  const requestId = useRef(crypto.randomUUID());
  // The second click of a double click comes before the page is drawn anew.
  const isUnderWay = useRef(false);
  const person = session.data?.signedIn ? session.data : null;
  const sending = useMutation({
    mutationFn: (days: { from: string; to: string }) => {
      const request = { requestId: requestId.current, pupilId: pupil.pupilId, service: SERVICE, type: filled.type };
      return communicateAbsence({ ...request, ...days }, person?.csrfToken ?? '');
    },
    // What a service refused for its content is another communication next time.
    onError: (error) => {
      if (error instanceof ApiProblem && (error.status === 409 || error.status === 422))
        requestId.current = crypto.randomUUID();
    },
    onSettled: () => {
      isUnderWay.current = false;
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['presences'] });
      void queries.invalidateQueries({ queryKey: ['absence-notice'] });
    },
  });
  useSignOutNoticed(sending.error);
  const again = () => {
    requestId.current = crypto.randomUUID();
    sending.reset();
    onDraft({ pupilId: pupil.pupilId, from: null, to: null, type: null });
  };
  if (sending.data !== undefined) return <Outcome pupil={pupil} days={sending.data} onAgain={again} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const days = daysOf(filled, today);
    setFault(typeof days === 'string' ? days : null);
    if (typeof days === 'string') document.getElementById(`${id}-${days === 'missing_to' ? 'to' : 'from'}`)?.focus();
    // What was typed is in the address from here on: signing in again brings it back.
    onDraft({ ...filled, pupilId: pupil.pupilId });
    if (typeof days === 'string' || isUnderWay.current) return;
    isUnderWay.current = true;
    sending.mutate(days);
  };
  const type = (value: string) => onDraft({ ...draft, ...filled, pupilId: pupil.pupilId, type: value });
  const faultOf = (isHere: boolean) => (isHere ? `${id}-fault` : undefined);
  return (
    <>
      <CutOff notice={notice} />
      <form className="search-form" onSubmit={submit} noValidate aria-labelledby={`${id}-title`}>
        <h2 id={`${id}-title`}>{texts.form}</h2>
        <div className="fields">
          <TextField id={`${id}-guardian`} label={texts.guardian} value={person?.displayName ?? ''} />
          <PupilSelect {...props} />
          <TextField
            id={`${id}-from`}
            label={searchTexts.from}
            value={filled.from}
            placeholder={searchTexts.dateForm}
            isNumeric
            onChange={(from) => onDraft({ ...draft, ...filled, pupilId: pupil.pupilId, from })}
            faultId={faultOf(fault !== null && fault !== 'missing_to')}
          />
          <TextField
            id={`${id}-to`}
            label={searchTexts.to}
            value={filled.to}
            placeholder={searchTexts.dateForm}
            isNumeric
            onChange={(to) => onDraft({ ...draft, ...filled, pupilId: pupil.pupilId, to })}
            faultId={faultOf(fault !== null && fault !== 'missing_from')}
          />
          <div className="field">
            <label htmlFor={`${id}-type`}>{texts.type}</label>
            <select
              id={`${id}-type`}
              className="form-select"
              value={filled.type}
              onChange={(event) => type(event.target.value)}
            >
              {notice.types.map(({ code, label }) => (
                <option key={code} value={code}>
                  {label}
                </option>
              ))}
            </select>
          </div>
          <Button color="primary" type="submit" aria-disabled={sending.isPending}>
            {sending.isPending ? texts.sending : texts.button}
          </Button>
        </div>
        <p id={`${id}-fault`} className="fault" role="alert">
          {fault !== null && faultText(fault)}
        </p>
      </form>
      {sending.isError && <SendingFault error={sending.error} onRetry={() => sending.mutate(sending.variables)} />}
    </>
  );
}

function faultText(fault: DraftFault): string {
  return fault === 'past' || fault === 'range_too_long' ? texts.faults[fault] : searchTexts.faults[fault];
}

function SendingFault({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (!(error instanceof ApiProblem) || (error.status !== 409 && error.status !== 422)) {
    return <TroubleNotice error={error} onRetry={onRetry} />;
  }
  if (error.kind === 'range_in_the_past') return <Notice tone="danger">{texts.faults.past}</Notice>;
  return <Notice tone="danger">{texts.faults.changed}</Notice>;
}

function PupilSelect({ pupil, pupils, onDraft, draft }: FormProps) {
  const id = useId();
  return (
    <div className="field wide">
      <label htmlFor={id}>{texts.pupil}</label>
      <select
        id={id}
        className="form-select"
        value={pupil.pupilId}
        onChange={(event) => onDraft({ ...draft, pupilId: event.target.value, type: null })}
      >
        {pupils.map((one) => (
          <option key={one.pupilId} value={one.pupilId}>
            {one.displayName}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The choice alone, where the chosen pupil's school takes no absences. */
function PupilChoice(props: FormProps) {
  return (
    <div className="search-form">
      <div className="fields">
        <PupilSelect {...props} />
      </div>
    </div>
  );
}

/** Until when: always on the page, with the time, and why where it was moved. */
function CutOff({ notice }: { notice: AbsenceNotice }) {
  const { next } = notice;
  return (
    <Notice tone="info">
      <p>{texts.cutOff(notice.serviceDaysBefore, notice.cutOffTime)}</p>
      {notice.late !== null && <p>{texts.late(notice.late.untilTime, notice.late.isCharged)}</p>}
      <p>{next === null ? texts.nothingAhead : texts.next(formatDay(next.serviceDate), formatMinute(next.cutOffAt))}</p>
      {notice.extensions.map(({ serviceDate, cutOffAt, reason }) => (
        <p key={serviceDate}>
          <strong>{texts.extended(formatDay(serviceDate), formatMinute(cutOffAt), reason)}</strong>
        </p>
      ))}
      <p>{texts.clock}</p>
    </Notice>
  );
}

interface OutcomeProps {
  readonly pupil: Pupil;
  readonly days: readonly AbsenceDay[];
  readonly onAgain: () => void;
}

/** What became of each day; takes the focus, since the form it answers is gone. */
function Outcome({ pupil, days, onAgain }: OutcomeProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="outcome-title">
      <h2 id="outcome-title" ref={heading} tabIndex={-1}>
        {texts.outcomeTitle}
      </h2>
      <p className="pupil-line">
        <strong>{texts.outcomeOf(pupil.displayName)}</strong>
      </p>
      <ul className="absence-outcomes">
        {days.map((day) => (
          <li key={day.serviceDate}>
            <OutcomeIcon outcome={day.outcome} />
            <span>{outcomeText(day)}</span>
          </li>
        ))}
      </ul>
      {days.some(({ outcome }) => outcome === 'cut_off_passed') && <p>{texts.afterCutOff}</p>}
      <Button color="primary" outline onClick={onAgain}>
        {texts.again}
      </Button>
    </section>
  );
}

function OutcomeIcon({ outcome }: { outcome: AbsenceDay['outcome'] }) {
  if (outcome === 'accepted') return <Icon name="it-check-circle" className="icon-success" />;
  return outcome === 'cut_off_passed' || outcome === 'already_present' ? (
    <Icon name="it-close-circle" className="icon-danger" />
  ) : (
    <Icon name="it-info-circle" className="icon-primary" />
  );
}

function outcomeText({ serviceDate, outcome, isCharged, cutOffAt }: AbsenceDay): string {
  const day = formatDate(serviceDate);
  if (outcome === 'accepted_late' && isCharged) return texts.outcomes.accepted_late_charged(day);
  return outcome === 'cut_off_passed'
    ? texts.outcomes.cut_off_passed(day, formatMinute(cutOffAt ?? ''))
    : texts.outcomes[outcome](day);
}
