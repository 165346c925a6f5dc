/** What retries may cost: a share of the requests, with a little in hand for a quiet hour. */
export interface RetryBudget {
  /** Counts a request, which earns a share of a retry. */
  earn(): void;
  /** Takes one retry. @returns false where there is none left */
  take(): boolean;
}

/**
 * Makes a budget that begins full. Without one, a service that fails every request gets twice the load just when it can bear least.
 *
 * @param share retries per request, e.g. 0.1
 * @param inHandMax retries that can be saved up
 */
export function retryBudget(share: number, inHandMax: number): RetryBudget {
  let inHand = inHandMax;
  return {
    earn: () => {
      inHand = Math.min(inHandMax, inHand + share);
    },
    take: () => {
      if (inHand < 1) return false;
      inHand -= 1;
      return true;
    },
  };
}
