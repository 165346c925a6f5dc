import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';
import { formatInstant } from '../domain/days.ts';
import { TEXTS } from '../texts.ts';

/** Footer of a data page: who produced what is shown, and when. */
export function ProducedBy({ source, asOf }: { source: 'account' | 'canteen' | 'topUps' | 'documents'; asOf: string }) {
  const session = useQuery(sessionQuery);
  const town = TEXTS.frame.townOf(session.data?.municipality.name ?? '');
  return (
    <p className="produced-by">
      {TEXTS.producedBy[source]} {town} {TEXTS.producedBy.at} <time dateTime={asOf}>{formatInstant(asOf)}</time>
    </p>
  );
}
