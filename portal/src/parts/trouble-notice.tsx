import { Button } from 'design-react-kit';
import { useLocation } from 'react-router';
import { troubleOf } from '../api/problem.ts';
import { TEXTS } from '../texts.ts';
import { Notice } from './notice.tsx';
import { RefusalNotice } from './refusal-notice.tsx';
import { signInPath } from './sign-in-path.ts';
import { useFocusWhenAsked } from './use-focus-when-asked.ts';

interface TroubleNoticeProps {
  readonly error: unknown;
  /** There are data on the page from before the trouble. */
  readonly isStale?: boolean;
  readonly onRetry: () => void;
}

/** Explains a request that failed, and offers the next step. */
export function TroubleNotice({ error, isStale = false, onRetry }: TroubleNoticeProps) {
  const trouble = troubleOf(error);
  const location = useLocation();
  const answer = useFocusWhenAsked<HTMLDivElement>();
  if (trouble === 'refused') return <RefusalNotice />;
  if (trouble === 'signed_out') {
    const { title, text, button } = TEXTS.troubles.signed_out;
    return (
      <Notice tone="warning" title={title}>
        <p>{text}</p>
        <a className="btn btn-primary" href={signInPath(location)}>
          {button}
        </a>
      </Notice>
    );
  }
  const { title, text, stale } = TEXTS.troubles[trouble];
  if (isStale) return <Notice tone="warning">{stale}</Notice>;
  return (
    <div ref={answer} tabIndex={-1}>
      <Notice tone="danger" title={title}>
        <p>{text}</p>
        <Button color="primary" outline onClick={onRetry}>
          {TEXTS.troubles.retry}
        </Button>
      </Notice>
    </div>
  );
}
