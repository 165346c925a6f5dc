import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { sessionQuery } from '../api/queries.ts';
import { Icon } from '../parts/icon.tsx';
import { OfficeContact } from '../parts/office-contact.tsx';
import { TEXTS } from '../texts.ts';

/** The municipality's footer, with the links that the municipal design model checks for. */
export function Footer() {
  const session = useQuery(sessionQuery);
  const { frame } = TEXTS;
  const municipality = session.data?.municipality;
  return (
    <footer className="it-footer">
      <div className="it-footer-main">
        <div className="container">
          <p className="footer-brand">
            <Icon name="it-pa" className="icon-white" />
            <span>{municipality === undefined ? frame.townUnknown : frame.townOf(municipality.name)}</span>
          </p>
          <div className="footer-columns">
            <section>
              <h2>{frame.contacts}</h2>
              <p>
                <OfficeContact />
              </p>
            </section>
            <section>
              <h2>{frame.links}</h2>
              <ul>
                <li>
                  <Link to="/accessibilita" data-element="accessibility-link">
                    {frame.accessibility}
                  </Link>
                </li>
                <li>
                  <Link to="/privacy" data-element="privacy-policy-link">
                    {frame.privacy}
                  </Link>
                </li>
                <li>
                  <a href={municipality?.websiteUrl ?? '/'}>{frame.institutionalSite}</a>
                </li>
              </ul>
            </section>
          </div>
        </div>
      </div>
    </footer>
  );
}
