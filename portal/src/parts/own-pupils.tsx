import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Pupil } from '../api/client.ts';
import { pupilsQuery } from '../api/queries.ts';
import { Loading } from './loading.tsx';
import { SignedIn } from './signed-in.tsx';
import { TroubleNotice } from './trouble-notice.tsx';
import { useSignOutNoticed } from './use-sign-out-noticed.ts';

/** Shows its content with the signed-in guardian's pupils, none for a person who answers for nobody. */
export function OwnPupils({ children }: { children: (pupils: readonly Pupil[]) => ReactNode }) {
  return <SignedIn>{() => <LoadedPupils>{children}</LoadedPupils>}</SignedIn>;
}

function LoadedPupils({ children }: { children: (pupils: readonly Pupil[]) => ReactNode }) {
  const pupils = useQuery(pupilsQuery);
  useSignOutNoticed(pupils.error);
  if (pupils.data !== undefined) return children(pupils.data);
  if (pupils.isError) return <TroubleNotice error={pupils.error} onRetry={() => void pupils.refetch()} />;
  return <Loading />;
}
