export { type LedgerClient, type LedgerClientOptions, type NewTransfer, openLedgerClient } from './ledger-client.ts';
