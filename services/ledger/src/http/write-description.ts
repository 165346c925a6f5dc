import { writeApiDescription } from '@campanella/service-kit';
import { ledgerDescription } from './describe.ts';

// The whole of `npm run openapi -w @campanella/ledger`.
writeApiDescription(ledgerDescription(), new URL('../../openapi.json', import.meta.url));
