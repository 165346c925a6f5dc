import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import { Navigate, useLocation } from 'react-router';
import { ApiProblem } from '../api/problem.ts';
import { sessionQuery } from '../api/queries.ts';
import type { Session } from '../api/session.ts';
import { Loading } from './loading.tsx';
import { signInPath } from './sign-in-path.ts';
import { TroubleNotice } from './trouble-notice.tsx';

interface SignedInProps {
  readonly children: (session: Extract<Session, { signedIn: true }>) => ReactNode;
}

/**
 * Shows its content to somebody signed in. A visitor goes to sign-in and comes back here; somebody whose session ended while the page
 * was open is told so, and nothing of what was shown stays in memory.
 */
export function SignedIn({ children }: SignedInProps) {
  const session = useQuery(sessionQuery);
  const queries = useQueryClient();
  const location = useLocation();
  const wasSignedIn = useRef(false);
  const isSignedIn = session.data?.signedIn;
  useEffect(() => {
    if (isSignedIn === true) wasSignedIn.current = true;
    if (isSignedIn === false) {
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
    }
  }, [isSignedIn, queries]);
  if (session.data === undefined) {
    if (session.isError) return <TroubleNotice error={session.error} onRetry={() => void session.refetch()} />;
    return <Loading />;
  }
  if (session.data.signedIn) return children(session.data);
  if (wasSignedIn.current) return <TroubleNotice error={new ApiProblem('signed_out', 401)} onRetry={() => undefined} />;
  return <Navigate to={signInPath(location)} replace />;
}
