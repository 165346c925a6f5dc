import { Button } from 'design-react-kit';
import { PageHead } from '../parts/page-head.tsx';
import { TEXTS } from '../texts.ts';

/** Stands in for a page that failed by a fault of ours, such as a chunk that a new release has replaced. */
export function CrashedPage() {
  return (
    <>
      <PageHead title={TEXTS.titles.crashed} crumbs={[{ label: TEXTS.frame.home, to: '/' }]} intro={TEXTS.crashed} />
      <Button color="primary" onClick={() => window.location.reload()}>
        {TEXTS.reload}
      </Button>
    </>
  );
}
