import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';
import { TEXTS } from '../texts.ts';

const EMAIL = /([^\s<>(),;]+@[^\s<>(),;]+\.[a-z]+)/i;

/** Whom to contact, as the municipality wrote it; a mail address in it can be followed. */
export function OfficeContact() {
  const session = useQuery(sessionQuery);
  const contact = session.data?.municipality.officeContact ?? TEXTS.frame.townUnknown;
  return (
    <strong className="office-contact">
      {contact.split(EMAIL).map((part) =>
        EMAIL.test(part) ? (
          <a key={part} href={`mailto:${part}`}>
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </strong>
  );
}
