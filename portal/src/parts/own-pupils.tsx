import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Pupil } from '../api/client.ts';
import { pupilsQuery, sessionQuery } from '../api/queries.ts';
import { Loading } from './loading.tsx';
import { RefusedSearch } from './refused-search.tsx';
import { SignedIn } from './signed-in.tsx';
import { TroubleNotice } from './trouble-notice.tsx';
import { useSignOutNoticed } from './use-sign-out-noticed.ts';

interface OwnPupilsProps {
  /** The head of the page. */
  readonly head: ReactNode;
  /** The rest of it. */
  readonly children: (pupils: readonly Pupil[]) => ReactNode;
}

/** A data page: its head, and its content with the signed-in guardian's pupils. Who answers for nobody meets the refusal instead, head and all. */
export function OwnPupils({ head, children }: OwnPupilsProps) {
  const session = useQuery(sessionQuery);
  const person = session.data?.signedIn ? session.data : null;
  const pupils = useQuery({ ...pupilsQuery, enabled: person?.hasPupils === true });
  if (person !== null && (!person.hasPupils || pupils.data?.pupils.length === 0)) return <RefusedSearch />;
  return (
    <>
      {head}
      <SignedIn>{() => <LoadedPupils>{children}</LoadedPupils>}</SignedIn>
    </>
  );
}

function LoadedPupils({ children }: { children: (pupils: readonly Pupil[]) => ReactNode }) {
  const pupils = useQuery(pupilsQuery);
  useSignOutNoticed(pupils.error);
  if (pupils.data !== undefined) return children(pupils.data.pupils);
  if (pupils.isError) return <TroubleNotice error={pupils.error} onRetry={() => void pupils.refetch()} />;
  return <Loading />;
}
