import { writeApiDescription } from '@campanella/service-kit';
import { describeAttendanceApi } from './api-description.ts';

// Run by `npm run openapi`: the portal generates its client from the file.
writeApiDescription(describeAttendanceApi(), new URL('../../openapi.json', import.meta.url));
