import { Fragment } from 'react';
import type { PresenceDay } from '../api/client.ts';
import { TEXTS } from '../texts.ts';

const { canteen: texts } = TEXTS;

/** What there is to eat, each dish with its allergens, or why there is nothing. */
export function Menu({ day: { closure, courses, menu } }: { day: PresenceDay }) {
  if (closure !== null) return closure.reason;
  if (courses.length === 0) return menu ?? texts.noMenu;
  return (
    <span>
      {courses.map(({ course, name, allergens }, index) => (
        <Fragment key={`${course} ${name}`}>
          {index > 0 && ', '}
          {name}
          {allergens.length > 0 && <small className="allergens"> {texts.allergensOf(allergensText(allergens))}</small>}
        </Fragment>
      ))}
    </span>
  );
}

/** The allergens of all dishes of a day, each once. */
export function allAllergens({ courses }: PresenceDay): string {
  return allergensText([...new Set(courses.flatMap(({ allergens }) => allergens))]);
}

function allergensText(allergens: PresenceDay['courses'][number]['allergens']): string {
  return allergens.map((code) => texts.allergens[code]).join(', ');
}
