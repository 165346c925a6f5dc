import type { AccountId } from '@campanella/vocabulary';
import type { AccountOwner, AccountStore, Ledger } from './ports.ts';

/** Most accounts in one call to the ledger. */
const OPEN_MAX = 1_000;

/** Ledger accounts by owner: from memory, else from our table, else opened at the ledger. */
export interface KnownAccounts {
  /** The account if memory has it: the hot path asks this first. */
  get(owner: AccountOwner): AccountId | undefined;
  /** Makes sure that memory has every account asked for; throws where the ledger is needed and away. */
  ensure(owners: readonly AccountOwner[]): Promise<void>;
  /** Drops accounts that the ledger does not know, so that the next `ensure` opens them again. */
  forget(owners: readonly AccountOwner[]): Promise<void>;
}

/** Opens an empty memory of accounts; any replica fills its own. */
export function knownAccounts(deps: { store: AccountStore; ledger: Ledger }): KnownAccounts {
  const memory = new Map<string, AccountId>();
  const keep = (owner: AccountOwner, accountId: AccountId) => memory.set(keyOf(owner), accountId);

  async function open(owners: readonly AccountOwner[]): Promise<void> {
    const opened = await deps.ledger.openAccounts(owners);
    const entries = owners.flatMap((owner, index) => {
      const accountId = opened[index];
      return accountId === undefined ? [] : [{ owner, accountId }];
    });
    await deps.store.insert(entries);
    for (const { owner, accountId } of entries) keep(owner, accountId);
  }

  return {
    get: (owner) => memory.get(keyOf(owner)),
    async ensure(owners) {
      const missing = new Map<string, AccountOwner>();
      for (const owner of owners) if (!memory.has(keyOf(owner))) missing.set(keyOf(owner), owner);
      const wanted = [...missing.values()];
      for (let start = 0; start < wanted.length; start += OPEN_MAX) {
        const page = wanted.slice(start, start + OPEN_MAX);
        const stored = await deps.store.find(page);
        for (const [index, owner] of page.entries()) {
          const accountId = stored[index] ?? null;
          if (accountId !== null) keep(owner, accountId);
        }
        const unopened = page.filter((owner) => !memory.has(keyOf(owner)));
        if (unopened.length > 0) await open(unopened);
      }
    },
    async forget(owners) {
      for (const owner of owners) memory.delete(keyOf(owner));
      await deps.store.remove(owners);
    },
  };
}

function keyOf(owner: AccountOwner): string {
  return `${owner.municipalityId}/${owner.pupilId ?? ''}/${owner.service}`;
}
