import { Link } from 'react-router';
import { OfficeContact } from '../parts/office-contact.tsx';
import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ServiceCards } from '../parts/service-cards.tsx';
import { TEXTS } from '../texts.ts';

const { frame, titles } = TEXTS;

interface PlainPageProps {
  readonly title: string;
  readonly label: string;
  readonly text?: string;
  readonly contactAfter: string;
}

function PlainPage({ title, label, text, contactAfter }: PlainPageProps) {
  return (
    <>
      <PageHead title={title} crumbs={[{ label: frame.servicesOnline, to: '/servizi' }, { label }]} />
      <div className="plain">
        {text !== undefined && <p>{text}</p>}
        <p>
          {contactAfter} <OfficeContact />
        </p>
      </div>
    </>
  );
}

function CompaniesPage() {
  return <PlainPage title={titles.companies} label={frame.companies} contactAfter={TEXTS.companies} />;
}

function BodiesPage() {
  return <PlainPage title={titles.bodies} label={frame.bodies} contactAfter={TEXTS.bodies} />;
}

function AccessibilityPage() {
  const { text, feedback } = TEXTS.accessibility;
  return <PlainPage title={titles.accessibility} label={frame.accessibility} text={text} contactAfter={feedback} />;
}

function PrivacyPage() {
  const { text, contact } = TEXTS.privacy;
  return <PlainPage title={titles.privacy} label={frame.privacy} text={text} contactAfter={contact} />;
}

function AllServicesPage() {
  return (
    <>
      <PageHead title={titles.allServices} crumbs={[{ label: frame.servicesOnline }]} intro={TEXTS.services.intro} />
      <ServiceCards />
    </>
  );
}

function NotFoundPage() {
  return (
    <>
      <PageHead
        title={titles.notFound}
        crumbs={[...SERVICE_CRUMBS.slice(0, 1), { label: frame.notFound }]}
        intro={TEXTS.notFound}
      />
      <p>
        <Link to="/">{TEXTS.backToServices}</Link>
      </p>
    </>
  );
}

/** The pages that show no data, by their path. */
export const plainPages = {
  imprese: CompaniesPage,
  'altri-enti': BodiesPage,
  servizi: AllServicesPage,
  accessibilita: AccessibilityPage,
  privacy: PrivacyPage,
  '*': NotFoundPage,
} as const;
