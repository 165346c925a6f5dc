import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { TEXTS } from '../texts.ts';

const EMAIL = /([^\s<>(),;]+@[^\s<>(),;]+\.[a-z]+)/i;
const PHONE = /^\+?[\d ]{6,}$/;

/** Whom to contact, as the municipality wrote it, one line for each part between dashes; a mail address or a telephone number can be followed. */
export function OfficeContact() {
  const session = useQuery(sessionQuery);
  const contact = session.data?.municipality.officeContact ?? TEXTS.frame.townUnknown;
  return (
    <strong className="office-contact">
      {contact.split(' – ').map((line) => (
        <span key={line} className="contact-line">
          {PHONE.test(line) ? <a href={`tel:${line.replaceAll(' ', '')}`}>{line}</a> : <MailLine line={line} />}
        </span>
      ))}
    </strong>
  );
}

function MailLine({ line }: { line: string }) {
  return line.split(EMAIL).map((part) =>
    EMAIL.test(part) ? (
      <a key={part} href={`mailto:${part}`}>
        {part.split(/(?<=@)/).map((half) => (
          <Fragment key={half}>
            {half}
            <wbr />
          </Fragment>
        ))}
      </a>
    ) : (
      part
    ),
  );
}
