import { writeApiDescription } from '@campanella/service-kit';
import { describeBillingApi } from './describe.ts';

// The whole of `npm run openapi -w @campanella/billing`.
writeApiDescription(describeBillingApi(), new URL('../../openapi.json', import.meta.url));
