import type { ServiceDate } from '@campanella/vocabulary';
import { useState } from 'react';
import type { PresenceDay } from '../api/client.ts';
import { formatDay, formatMonth } from '../domain/days.ts';
import { monthGrid, monthsOf } from '../domain/month-grid.ts';
import { TEXTS } from '../texts.ts';
import { Menu } from './menu.tsx';
import { chargeText, PresenceMark, presenceText } from './presence-day.tsx';

const { canteen: texts } = TEXTS;
const PRESENCES = ['present', 'absent', 'absence_communicated', 'expected', 'closed'] as const;

interface MonthCalendarProps {
  readonly pupilName: string;
  readonly days: readonly PresenceDay[];
  readonly today: string;
}

/** Service days on the leaves of a calendar, newest month first; a day that is chosen tells the rest of it below its month. */
export function MonthCalendar({ pupilName, days, today }: MonthCalendarProps) {
  return (
    <>
      {monthsOf(days.map(({ serviceDate }) => serviceDate)).map((month) => (
        <Month key={month} month={month} pupilName={pupilName} days={days} today={today} />
      ))}
      <p className="calendar-legend">
        {texts.legend}
        {PRESENCES.map((presence) => (
          <span key={presence} className="legend-item">
            <span className={`presence ${presence}`} aria-hidden="true">
              {texts.marks[presence]}
            </span>{' '}
            {texts.presences[presence]}
          </span>
        ))}
      </p>
    </>
  );
}

function Month({ month, pupilName, days, today }: MonthCalendarProps & { month: ServiceDate }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const dayOf = new Map(days.map((day) => [day.serviceDate, day]));
  const detail = chosen === null ? undefined : dayOf.get(chosen);
  return (
    <div className="month">
      <table>
        <caption>{texts.calendarOf(formatMonth(month), pupilName)}</caption>
        <thead>
          <tr>
            {texts.weekdays.map((weekday) => (
              <th key={weekday} scope="col" className="month-weekday">
                <span aria-hidden="true">{weekday.slice(0, 3)}</span>
                <span className="visually-hidden">{weekday}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {monthGrid(month).map((week) => (
            <tr key={week.find((date) => date !== null)}>
              {week.map((date, weekday) => (
                <td key={texts.weekdays[weekday]} className={date === today ? 'today-cell' : undefined}>
                  {date !== null && (
                    <CalendarDay
                      date={date}
                      day={dayOf.get(date)}
                      isChosen={date === chosen}
                      onChoose={() => setChosen(date)}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="day-detail" role="status">
        {detail === undefined ? <p>{texts.chooseDay}</p> : <DayDetail day={detail} />}
      </div>
    </div>
  );
}

interface CalendarDayProps {
  readonly date: ServiceDate;
  readonly day: PresenceDay | undefined;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function CalendarDay({ date, day, isChosen, onChoose }: CalendarDayProps) {
  const number = String(Number(date.slice(8)));
  if (day === undefined) return <span className="no-service">{number}</span>;
  return (
    <button type="button" className="calendar-day" aria-pressed={isChosen} onClick={onChoose}>
      <span aria-hidden="true">{number}</span>
      <span className={`presence ${day.presence}`} aria-hidden="true">
        {texts.marks[day.presence]}
      </span>
      <span className="menu" aria-hidden="true">
        {day.closure?.reason ?? day.menu}
      </span>
      <span className="visually-hidden">
        {formatDay(date)}: {presenceText(day)}
      </span>
    </button>
  );
}

function DayDetail({ day }: { day: PresenceDay }) {
  return (
    <>
      <h3>{formatDay(day.serviceDate)}</h3>
      <p>
        <PresenceMark day={day} />
      </p>
      <p>
        <Menu day={day} />
      </p>
      <p>
        {texts.columns.charge}: {chargeText(day)}. {texts.columns.badge}: {day.badgeNumber ?? texts.noBadge}
      </p>
    </>
  );
}
