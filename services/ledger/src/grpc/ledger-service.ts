import type { LedgerServiceServer, OpenAccountRequest } from '@campanella/proto/ledger/v1/ledger';
import { GrpcRefusal, type Logger, unaryHandler } from '@campanella/service-kit';
import {
  type AccountId,
  type Cents,
  type MunicipalityId,
  type PupilId,
  parseId,
  parseNumberId,
  parseServiceCode,
  type TransferId,
} from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import type { AccountMemory } from '../app/account-memory.ts';
import type { Account, Accounts, Journal, OpenAccount } from '../app/ports.ts';
import { findAccount, type Posting } from '../app/post-transfers.ts';
import type { Answer } from '../domain/answer.ts';
import {
  parseAccountKind,
  parseTransfer,
  toAccountMessage,
  toOutcome,
  toTransferMessage,
} from './transfer-messages.ts';
import type { TransferStreams } from './transfer-stream.ts';

/** Most accounts of one call. */
const ACCOUNTS_MAX = 1_000;
const OVERDRAFT_CENTS_MAX = 100_000_00;

export interface LedgerServiceDeps {
  readonly posting: Posting;
  readonly streams: TransferStreams;
  readonly accounts: Accounts;
  readonly memory: AccountMemory;
  readonly journal: Journal;
  readonly logger: Logger;
}

/** The ledger's contract over gRPC, as `ledger.proto` says it. */
export function ledgerService(deps: LedgerServiceDeps): LedgerServiceServer {
  const { posting, streams, accounts, memory, journal, logger } = deps;
  return {
    postTransfers: (call) => streams.serve(call),
    postTransfer: unaryHandler(async ({ transfer: message }) => {
      if (message === undefined) throw invalid('transfer is missing');
      const parsed = parseTransfer(message);
      const answer: Answer = parsed.ok
        ? await new Promise((resolve) => {
            void posting.post([{ transfer: parsed.value, isRetry: message.retry }], (_index, one) => resolve(one));
          })
        : { kind: 'refused', refusal: parsed.refusal };
      return { outcome: toOutcome(message.transferId, answer) };
    }, logger),
    openAccount: unaryHandler(async (request) => {
      const [account] = await accounts.open([parseOpenAccount(request)]);
      return { account: toAccountMessage(present(account)) };
    }, logger),
    openAccounts: unaryHandler(async (request) => {
      if (request.accounts.length > ACCOUNTS_MAX) throw invalid(`accounts holds more than ${ACCOUNTS_MAX}`);
      const opened = await accounts.open(request.accounts.map(parseOpenAccount));
      return { accounts: opened.map(toAccountMessage) };
    }, logger),
    getBalances: unaryHandler(async (request) => {
      if (request.accountIds.length > ACCOUNTS_MAX) throw invalid(`account_ids holds more than ${ACCOUNTS_MAX}`);
      const ids = request.accountIds.flatMap((value) => parseNumberId<AccountId>(value) ?? []);
      const read = await accounts.read(municipalityOf(request), ids);
      return { accounts: read.accounts.map(toAccountMessage), asOfMs: read.asOf.getTime() };
    }, logger),
    getShard: unaryHandler(async (request) => {
      const shard = await accounts.shardOf(municipalityOf(request));
      if (shard === null)
        throw new GrpcRefusal(status.NOT_FOUND, 'not_found', 'the municipality has no account yet: open one');
      return { shard };
    }, logger),
    getTransfer: unaryHandler(async (request) => {
      const municipalityId = municipalityOf(request);
      const transferId = parseId<TransferId>(request.transferId);
      if (transferId === null) throw invalid('transfer_id must be a UUID in lower case');
      const shard = await accounts.shardOf(municipalityId);
      const entry = shard === null ? undefined : (await journal.findEntries(shard, [transferId])).get(transferId);
      if (entry === undefined) throw notFound();
      if (entry.kind === 'refusal') {
        const outcome = toOutcome(transferId, { kind: 'refused', refusal: entry.refusal });
        return { transfer: undefined, outcome, postedAtMs: entry.refusedAtMs };
      }
      if (entry.transfer.municipalityId !== municipalityId) throw notFound();
      return {
        transfer: toTransferMessage(entry.transfer),
        outcome: toOutcome(transferId, entry.accepted),
        postedAtMs: entry.postedAtMs,
      };
    }, logger),
    setOverdraftLimit: unaryHandler(async (request) => {
      const municipalityId = municipalityOf(request);
      const accountId = parseNumberId<AccountId>(request.accountId);
      const changeId = parseId<TransferId>(request.changeId);
      if (changeId === null) throw invalid('change_id must be a UUID in lower case');
      const account = accountId === null ? null : await findAccount(memory, municipalityId, accountId);
      if (account === null || account.kind !== 'household') throw notFound();
      const answer = await posting.setOverdraftLimit(account, changeId, parseOverdraft(request.overdraftCents));
      if (answer.kind === 'unavailable') throw new GrpcRefusal(status.UNAVAILABLE, 'unavailable', answer.reason);
      const read = await accounts.read(municipalityId, [account.accountId]);
      return { account: toAccountMessage(present(read.accounts[0])) };
    }, logger),
  };
}

function parseOpenAccount(request: OpenAccountRequest): OpenAccount {
  const kind = parseAccountKind(request.kind);
  if (kind === null) throw invalid('kind must be household, revenue or settlement');
  const isHousehold = kind === 'household';
  const ownerId = isHousehold ? parseId<PupilId>(request.ownerId) : null;
  if (isHousehold && ownerId === null) throw invalid('owner_id must be the pupil’s UUID for a household account');
  if (!isHousehold && request.ownerId !== '') throw invalid('owner_id must be empty for this kind');
  const service = kind === 'settlement' ? '' : parseServiceCode(request.service);
  if (service === null) throw invalid('service must be a service code');
  const overdraftCents = parseOverdraft(isHousehold ? request.overdraftCents : 0);
  return { municipalityId: municipalityOf(request), kind, ownerId, service, overdraftCents };
}

function parseOverdraft(value: number): Cents {
  if (!(Number.isSafeInteger(value) && value >= 0 && value <= OVERDRAFT_CENTS_MAX)) {
    throw invalid(`overdraft_cents must be 0 to ${OVERDRAFT_CENTS_MAX}`);
  }
  return value as Cents;
}

function municipalityOf({ municipalityId }: { readonly municipalityId: number }): MunicipalityId {
  const parsed = parseNumberId<MunicipalityId>(municipalityId);
  if (parsed === null) throw invalid('municipality_id must be a positive whole number');
  return parsed;
}

function present(account: Account | undefined): Account {
  if (account === undefined) throw new Error('an account that was opened is not there');
  return account;
}

function invalid(message: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'invalid_argument', message);
}

function notFound(): GrpcRefusal {
  return new GrpcRefusal(status.NOT_FOUND, 'not_found', 'the municipality has nothing under this id');
}
