import { Button } from 'design-react-kit';
import { TEXTS } from '../texts.ts';

interface MoreButtonProps {
  readonly shownCount: number;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly onMore: () => void;
}

/** How many rows are shown, and the way to the next ones. */
export function MoreButton({ shownCount, hasMore, isLoading, onMore }: MoreButtonProps) {
  return (
    <div className="more">
      <p role="status">{TEXTS.search.shown(shownCount)}</p>
      {hasMore && (
        <Button color="primary" outline onClick={onMore} disabled={isLoading}>
          {TEXTS.search.more}
        </Button>
      )}
    </div>
  );
}
