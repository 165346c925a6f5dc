import { Card, CardBody } from 'design-react-kit';
import { Link } from 'react-router';
import { SERVICES } from '../services.ts';
import { TEXTS } from '../texts.ts';
import { Icon } from './icon.tsx';

/** The seven cards in their order. */
export function ServiceCards() {
  return (
    <ul className="service-cards">
      {SERVICES.map((service) => (
        <li key={service.path}>
          <Card rounded shadow="sm" className="service-card">
            <CardBody>
              <Icon name={service.icon} className="icon-primary" />
              <h2>{service.title}</h2>
              <p>{service.sentence}</p>
              <Link className="read-more" to={service.path} aria-label={`${TEXTS.services.goTo}: ${service.title}`}>
                <span>{TEXTS.services.goTo}</span>
                <Icon name="it-arrow-right" className="icon-primary icon-sm" />
              </Link>
            </CardBody>
          </Card>
        </li>
      ))}
    </ul>
  );
}
