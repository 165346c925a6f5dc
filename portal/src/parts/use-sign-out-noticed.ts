import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { troubleOf } from '../api/problem.ts';
import { sessionQuery } from '../api/queries.ts';

/** When a service answers that nobody is signed in, asks the gateway who is, so that the whole page says the same. */
export function useSignOutNoticed(error: unknown): void {
  const queries = useQueryClient();
  const isSignedOut = error !== null && troubleOf(error) === 'signed_out';
  useEffect(() => {
    if (isSignedOut) void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  }, [isSignedOut, queries]);
}
