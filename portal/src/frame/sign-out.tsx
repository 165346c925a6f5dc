import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { sessionQuery } from '../api/queries.ts';
import { type Session, signOut } from '../api/session.ts';
import { Icon } from '../parts/icon.tsx';
import { TEXTS } from '../texts.ts';

/** Who is signed in, and the way out. What the browser holds in memory is gone before it leaves the page. */
export function SignOut({ session }: { session: Extract<Session, { signedIn: true }> }) {
  const queries = useQueryClient();
  const leaving = useMutation({
    mutationFn: () => signOut(session.csrfToken),
    onSuccess: (redirectUrl) => {
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
      window.location.assign(redirectUrl);
    },
  });
  return (
    <div className="who-is-in">
      <span className="visually-hidden">{TEXTS.frame.signedInAs} </span>
      <span className="who">{session.displayName}</span>
      <Button
        color="primary"
        className="btn-icon btn-full"
        disabled={leaving.isPending}
        onClick={() => leaving.mutate()}
      >
        <Icon name="it-logout" className="icon-white" />
        <span>{TEXTS.frame.signOut}</span>
      </Button>
      {leaving.isError && (
        <p role="alert" className="sign-out-failed">
          {TEXTS.frame.signOutFailed}
        </p>
      )}
    </div>
  );
}
