import { TEXTS } from '../texts.ts';

/** Says that something is on its way, to eyes and to screen readers. */
export function Loading() {
  return (
    <div className="loading" role="status">
      <div className="progress-spinner progress-spinner-active" aria-hidden="true" />
      <span>{TEXTS.frame.loading}</span>
    </div>
  );
}
