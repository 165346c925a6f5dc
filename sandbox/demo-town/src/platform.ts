import { RegistryServiceClient } from '@campanella/proto/anagrafica/v1/registry';
import { OfficeServiceClient } from '@campanella/proto/attendance/v1/office';
import { TerminalServiceClient } from '@campanella/proto/attendance/v1/terminal';
import { LedgerServiceClient } from '@campanella/proto/ledger/v1/ledger';
import { grpcClient } from '@campanella/service-kit';
import type { Addresses } from './config.ts';

/** The platform's contracts that the demo town uses; it has no other way in. */
export interface Platform {
  readonly registry: RegistryServiceClient;
  readonly office: OfficeServiceClient;
  readonly terminal: TerminalServiceClient;
  readonly ledger: LedgerServiceClient;
  close(): void;
}

/** Opens clients; nothing is connected until the first call. */
export function openPlatform(addresses: Addresses): Platform {
  const registry = grpcClient(RegistryServiceClient, addresses.anagrafica);
  const office = grpcClient(OfficeServiceClient, addresses.attendance);
  const terminal = grpcClient(TerminalServiceClient, addresses.attendance);
  const ledger = grpcClient(LedgerServiceClient, addresses.ledger);
  return {
    registry,
    office,
    terminal,
    ledger,
    close() {
      for (const client of [registry, office, terminal, ledger]) client.close();
    },
  };
}
