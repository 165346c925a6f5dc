import { Button } from 'design-react-kit';
import { useEffect, useRef } from 'react';
import { TEXTS } from '../texts.ts';

interface MoreButtonProps {
  readonly shownCount: number;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly onMore: () => void;
}

/** How many rows are shown, and the way to the next ones. */
export function MoreButton({ shownCount, hasMore, isLoading, onMore }: MoreButtonProps) {
  const count = useRef<HTMLParagraphElement>(null);
  const wasPressed = useRef(false);
  // With the last page the button goes: the focus stays where it was, at the end of the list.
  useEffect(() => {
    if (!hasMore && wasPressed.current) count.current?.focus();
    if (!hasMore) wasPressed.current = false;
  }, [hasMore]);
  const more = () => {
    wasPressed.current = true;
    if (!isLoading) onMore();
  };
  // An empty list says so itself.
  if (shownCount === 0) return null;
  return (
    <div className="more">
      <p role="status" ref={count} tabIndex={-1}>
        {TEXTS.search.shown(shownCount)}
      </p>
      {hasMore && (
        <Button color="primary" outline onClick={more} aria-disabled={isLoading}>
          {TEXTS.search.more}
        </Button>
      )}
    </div>
  );
}
