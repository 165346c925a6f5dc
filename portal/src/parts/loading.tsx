import { useEffect, useRef, useSyncExternalStore } from 'react';
import { TEXTS } from '../texts.ts';

let shownCount = 0;
const listeners = new Set<() => void>();

function countShown(change: 1 | -1): void {
  shownCount += change;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Shows that something is on its way; {@link LoadingAnnouncer} says it. */
export function Loading() {
  useEffect(() => {
    countShown(1);
    return () => countShown(-1);
  }, []);
  return (
    <div className="loading">
      <div className="progress-spinner progress-spinner-active" aria-hidden="true" />
      <span>{TEXTS.frame.loading}</span>
    </div>
  );
}

/**
 * Says to screen readers that something is on its way, and when it is there. One place for the whole page, there before there is anything to
 * say: what appears together with its words many screen readers do not announce.
 */
export function LoadingAnnouncer() {
  const isLoading = useSyncExternalStore(subscribe, () => shownCount > 0);
  const hasLoaded = useRef(false);
  useEffect(() => {
    if (isLoading) hasLoaded.current = true;
  }, [isLoading]);
  const { loading, loaded } = TEXTS.frame;
  return (
    <p className="visually-hidden" role="status">
      {isLoading ? loading : hasLoaded.current && loaded}
    </p>
  );
}
