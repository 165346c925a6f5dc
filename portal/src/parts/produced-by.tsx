import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';
import { formatInstant } from '../domain/days.ts';
import { TEXTS } from '../texts.ts';

/** Footer of a data page: who produced what is shown, and when. */
export function ProducedBy({ source, asOf }: { source: keyof typeof TEXTS.sources; asOf: string }) {
  const session = useQuery(sessionQuery);
  const town = TEXTS.frame.townOf(session.data?.municipality.name ?? '');
  return (
    <p className="produced-by">
      {TEXTS.sources[source]} {town} {TEXTS.producedAt} <time dateTime={asOf}>{formatInstant(asOf)}</time>
    </p>
  );
}
