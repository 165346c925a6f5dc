import type { ReactNode } from 'react';
import { useFocusWhenAsked } from './use-focus-when-asked.ts';

/** The heading of what was searched. */
export function ResultsTitle({ children }: { children: ReactNode }) {
  const heading = useFocusWhenAsked<HTMLHeadingElement>();
  return (
    <h2 id="results-title" ref={heading} tabIndex={-1}>
      {children}
    </h2>
  );
}
