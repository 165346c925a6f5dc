import { serviceDateAt } from '@campanella/vocabulary';
import { useEffect, useState } from 'react';
import type { DayRange } from '../domain/days.ts';
import { includesDay } from '../domain/search.ts';

const ATTENTION_MS = 10 * 60_000;
const SIGNS_OF_LIFE = ['pointerdown', 'keydown', 'scroll', 'focus'] as const;

/**
 * Says whether a page should keep itself fresh: today is among its days and somebody has touched the page in the last ten minutes. A page
 * left open would otherwise keep its session alive for ever, and ask for all of Italy's forgotten tabs.
 */
export function useLive(range: DayRange): boolean {
  const [isAttended, setAttended] = useState(true);
  useEffect(() => {
    let timer = setTimeout(() => setAttended(false), ATTENTION_MS);
    const notice = () => {
      setAttended(true);
      clearTimeout(timer);
      timer = setTimeout(() => setAttended(false), ATTENTION_MS);
    };
    for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, notice, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, notice);
    };
  }, []);
  return isAttended && includesDay(range, serviceDateAt(new Date()));
}
