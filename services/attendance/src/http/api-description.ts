import { describeApi } from '@campanella/service-kit';
import { calendarPaths } from './calendar-description.ts';
import { guardianPaths } from './describe.ts';
import { kitchenPaths } from './kitchen-description.ts';

/** The description of attendance's HTTP API. */
export function describeAttendanceApi(): object {
  return describeApi({
    title: 'attendance',
    version: '1.0.0',
    paths: { ...guardianPaths(), ...kitchenPaths(), ...calendarPaths() },
  });
}
