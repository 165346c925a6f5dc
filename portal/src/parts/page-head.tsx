import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { sessionQuery } from '../api/queries.ts';
import { TEXTS } from '../texts.ts';

/** A step of the breadcrumb; without an address it is where the reader is. */
export interface Crumb {
  readonly label: string;
  readonly to?: string;
}

interface PageHeadProps {
  readonly title: string;
  readonly crumbs: readonly Crumb[];
  readonly intro?: string;
  /** What the window's title begins with, where it is not the page's. */
  readonly windowTitle?: string;
}

const { servicesOnline, citizens, area, home, onlineServices } = TEXTS.frame;

/** The breadcrumb's beginning on every page of the school services. */
export const SERVICE_CRUMBS: readonly Crumb[] = [
  { label: servicesOnline, to: '/servizi' },
  { label: citizens, to: '/' },
  { label: area, to: '/' },
];

/** The breadcrumb's beginning on the sign-in pages. */
export const SIGN_IN_CRUMBS: readonly Crumb[] = [
  { label: home, to: '/' },
  { label: onlineServices, to: '/servizi' },
];

/** Breadcrumb, title in capitals and introduction; sets the window's title and takes the focus when the page was reached by a link. */
export function PageHead({ title, crumbs, intro, windowTitle = title }: PageHeadProps) {
  const session = useQuery(sessionQuery);
  const town = session.data === undefined ? area : TEXTS.frame.townOf(session.data.municipality.name);
  useEffect(() => {
    document.title = TEXTS.frame.documentTitle(windowTitle, town);
  }, [windowTitle, town]);
  return (
    <div className="page-head">
      <nav className="breadcrumb-container" aria-label={TEXTS.frame.breadcrumb}>
        <ol className="breadcrumb">
          {crumbs.map((crumb) => (
            <li key={crumb.label} className={`breadcrumb-item${crumb.to === undefined ? ' active' : ''}`}>
              {crumb.to === undefined ? (
                <span aria-current="page">{crumb.label}</span>
              ) : (
                <>
                  <Link to={crumb.to}>{crumb.label}</Link>
                  <span className="separator" aria-hidden="true">
                    /
                  </span>
                </>
              )}
            </li>
          ))}
        </ol>
      </nav>
      <h1 id="page-title" tabIndex={-1}>
        {title}
      </h1>
      {intro !== undefined && <p className="lead">{intro}</p>}
    </div>
  );
}
