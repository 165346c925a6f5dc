import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';
import { formatInstant } from '../domain/days.ts';
import { TEXTS } from '../texts.ts';

interface ProducedByProps {
  readonly source: keyof typeof TEXTS.sources;
  readonly asOf: string;
}

/** Footer of a data page: who produced what is shown, and when. */
export function ProducedBy({ source, asOf }: ProducedByProps) {
  const session = useQuery(sessionQuery);
  const town = TEXTS.frame.townOf(session.data?.municipality.name ?? '');
  return (
    <p className="produced-by">
      {TEXTS.sources[source]} {town} {TEXTS.producedAt} <time dateTime={asOf}>{formatInstant(asOf)}</time>
    </p>
  );
}

/** The same sentence for a file. */
export function producedBy(source: ProducedByProps['source'], town: string, asOf: string): string {
  return `${TEXTS.sources[source]} ${town} ${TEXTS.producedAt} ${formatInstant(asOf)}`;
}
