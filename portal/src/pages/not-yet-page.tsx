import { Link, useLocation } from 'react-router';
import { Notice } from '../parts/notice.tsx';
import { OfficeContact } from '../parts/office-contact.tsx';
import { OwnPupils } from '../parts/own-pupils.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { serviceAt } from '../services.ts';
import { TEXTS } from '../texts.ts';

/** The page of a service that cannot be used online yet: says so, and whom to contact. Who answers for nobody meets the refusal here too. */
export function NotYetPage() {
  const service = serviceAt(useLocation().pathname);
  if (service === undefined) return null;
  return (
    <OwnPupils
      head={
        <PageHead
          title={service.pageTitle}
          crumbs={[...SERVICE_CRUMBS, { label: service.title }]}
          intro={service.sentence}
        />
      }
    >
      {() => (
        <Notice tone="info" title={TEXTS.notYet.title}>
          <p>
            {TEXTS.notYet.text} <OfficeContact />
          </p>
          <Link to="/">{TEXTS.notYet.back}</Link>
        </Notice>
      )}
    </OwnPupils>
  );
}
