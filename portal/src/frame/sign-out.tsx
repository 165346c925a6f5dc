import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { type FocusEvent, type KeyboardEvent, lazy, Suspense, useId, useRef, useState } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { type Session, signOut, signOutEverywhere } from '../api/session.ts';
import { Icon } from '../parts/icon.tsx';
import { TEXTS } from '../texts.ts';

const { frame } = TEXTS;

// Few ever open it, and it would bring the dialogs' script to everybody's first visit: 16 kB compressed.
const SignOutEverywhere = lazy(async () => ({
  default: (await import('./sign-out-everywhere.tsx')).SignOutEverywhere,
}));

/** Who is signed in, and the ways out. What the browser holds in memory is gone before it leaves the page. */
export function SignOut({ session }: { session: Extract<Session, { signedIn: true }> }) {
  const [isConfirming, setConfirming] = useState(false);
  const leaving = useLeaving(() => signOut(session.csrfToken));
  const leavingEverywhere = useLeaving(() => signOutEverywhere(session.csrfToken));
  return (
    <div className="who-is-in">
      <span className="visually-hidden">{frame.signedInAs} </span>
      <span className="who">{session.displayName}</span>
      <Button
        color="primary"
        className="btn-icon btn-full"
        disabled={leaving.isPending}
        onClick={() => leaving.mutate()}
      >
        <Icon name="it-logout" className="icon-white" />
        <span>{frame.signOut}</span>
      </Button>
      <OtherWaysOut onEverywhere={() => setConfirming(true)} />
      {isConfirming && (
        <Suspense fallback={null}>
          <SignOutEverywhere
            isPending={leavingEverywhere.isPending}
            hasFailed={leavingEverywhere.isError}
            onConfirm={() => leavingEverywhere.mutate()}
            onClose={() => {
              setConfirming(false);
              leavingEverywhere.reset();
            }}
          />
        </Suspense>
      )}
      {leaving.isError && (
        <p role="alert" className="sign-out-failed">
          {frame.signOutFailed}
        </p>
      )}
    </div>
  );
}

function useLeaving(leave: () => Promise<string>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: leave,
    onSuccess: (redirectUrl) => {
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
      window.location.assign(redirectUrl);
    },
  });
}

/** A small menu beside the usual way out; closes when the focus leaves it, and with Esc. */
function OtherWaysOut({ onEverywhere }: { onEverywhere: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const id = useId();
  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    setOpen(false);
    toggle.current?.focus();
  };
  const closeOnLeave = (event: FocusEvent) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to what its buttons let through
    <div className="other-ways-out" onKeyDown={closeOnEscape} onBlur={closeOnLeave}>
      <button type="button" ref={toggle} aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        <Icon name="it-expand" className="icon-white icon-sm" />
        <span className="visually-hidden">{frame.otherWaysOut}</span>
      </button>
      <div id={id} className="ways-out-menu" hidden={!isOpen}>
        <button
          type="button"
          className="everywhere"
          onClick={() => {
            setOpen(false);
            toggle.current?.focus();
            onEverywhere();
          }}
        >
          {frame.signOutEverywhere}
        </button>
      </div>
    </div>
  );
}
