import type { AccountId } from '@campanella/vocabulary';
import type { AccountFacts } from '../domain/transfer.ts';
import type { Accounts } from './ports.ts';

/** Enough for the accounts of many towns; the oldest are read again when they are needed. */
const REMEMBERED_MAX = 1_000_000;

/** Remembers what never changes about accounts, so that a swipe reads none of them. */
export class AccountMemory {
  readonly #accounts: Accounts;
  readonly #known = new Map<number, AccountFacts>();

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  get(accountId: AccountId): AccountFacts | undefined {
    return this.#known.get(accountId);
  }

  /** Reads those not yet known, in one query; accounts that do not exist stay unknown. */
  async load(accountIds: Iterable<AccountId>): Promise<void> {
    const missing = [...new Set(accountIds)].filter((accountId) => !this.#known.has(accountId));
    if (missing.length === 0) return;
    for (const { accountId, municipalityId, shard, kind } of await this.#accounts.facts(missing)) {
      this.#known.set(accountId, { accountId, municipalityId, shard, kind });
    }
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED_MAX) break;
      this.#known.delete(oldest);
    }
  }
}
