import { PageHead, SERVICE_CRUMBS } from '../parts/page-head.tsx';
import { ServiceCards } from '../parts/service-cards.tsx';
import { TEXTS } from '../texts.ts';

/** The hub: open to everybody; each card leads to its page, by way of sign-in for whoever is not signed in. */
export function HubPage() {
  return (
    <>
      <PageHead
        title={TEXTS.titles.hub}
        crumbs={[...SERVICE_CRUMBS.slice(0, 2), { label: TEXTS.frame.area }]}
        intro={TEXTS.services.intro}
      />
      <ServiceCards />
    </>
  );
}
