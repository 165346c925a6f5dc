import { useState } from 'react';
import { useSearchParams } from 'react-router';

/**
 * What is in a form, kept in the page's address as well: signing in again, or coming back, finds it. The field follows the typing at once and
 * the address after it: a field that waits for the router loses letters of whoever types fast, or on a slow phone.
 */
export function useDraft<Draft>(
  read: (address: URLSearchParams) => Draft,
  write: (draft: Draft) => URLSearchParams,
): readonly [Draft, (draft: Draft) => void] {
  const [address, setAddress] = useSearchParams();
  const [draft, setDraft] = useState(() => read(address));
  const change = (wanted: Draft) => {
    setDraft(wanted);
    setAddress(write(wanted), { replace: true });
  };
  return [draft, change];
}
