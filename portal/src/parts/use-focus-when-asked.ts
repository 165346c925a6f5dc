import { type RefObject, useEffect, useRef } from 'react';
import { NavigationType, useLocation, useNavigationType } from 'react-router';

/** What a step within a page is marked with when somebody asked for it: its answer takes the focus. */
export const ASKED = { state: { isAsked: true } } as const;

let answeredKey = '';

/**
 * Gives the focus to the answer of a search, or of a link within the page, as soon as it is shown: what was pressed may be gone by then, and on
 * a phone the answer is a screen below. Once per step: a page that only keeps itself fresh, is reloaded or gone back to leaves the focus alone.
 */
export function useFocusWhenAsked<Target extends HTMLElement>(): RefObject<Target | null> {
  const target = useRef<Target>(null);
  const { key, state } = useLocation();
  const isAsked = useNavigationType() === NavigationType.Push && state?.isAsked === true;
  useEffect(() => {
    if (!isAsked || answeredKey === key) return;
    answeredKey = key;
    target.current?.focus();
  }, [isAsked, key]);
  return target;
}
