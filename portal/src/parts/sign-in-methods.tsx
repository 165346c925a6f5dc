import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { signInMethodsQuery } from '../api/queries.ts';
import type { SignInMethod } from '../api/sign-in.ts';
import { TEXTS } from '../texts.ts';
import { Loading } from './loading.tsx';
import { Notice } from './notice.tsx';
import { OfficeContact } from './office-contact.tsx';
import { TroubleNotice } from './trouble-notice.tsx';

/** Shows its content with the ways to sign in that the municipality offers; says so while they load, when they do not come, and when there are none. */
export function SignInMethods({ children }: { children: (methods: readonly SignInMethod[]) => ReactNode }) {
  const methods = useQuery(signInMethodsQuery);
  if (methods.data === undefined) {
    if (methods.isError) return <TroubleNotice error={methods.error} onRetry={() => void methods.refetch()} />;
    return <Loading />;
  }
  if (methods.data.length > 0) return children(methods.data);
  return (
    <Notice tone="warning" title={TEXTS.signIn.none.title}>
      <p>
        {TEXTS.signIn.none.text} <OfficeContact />
      </p>
    </Notice>
  );
}
