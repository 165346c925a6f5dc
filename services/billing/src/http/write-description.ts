import { writeApiDescription } from '@campanella/service-kit';
import { describeBillingApi } from './describe.ts';
import { OFFICE_PATHS } from './office-description.ts';

// The whole of `npm run openapi -w @campanella/billing`.
writeApiDescription(describeBillingApi(OFFICE_PATHS), new URL('../../openapi.json', import.meta.url));
