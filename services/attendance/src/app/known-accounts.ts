import type { AccountId, MunicipalityId, PupilId, ServiceCode } from '@campanella/vocabulary';
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
  // Levels of maps: joining a key's parts into one text for each look took more than the look.
  const memory = new Map<MunicipalityId, Map<PupilId | null, Map<ServiceCode, AccountId>>>();
  const find = ({ municipalityId, pupilId, service }: AccountOwner) =>
    memory.get(municipalityId)?.get(pupilId)?.get(service);
  const keep = ({ municipalityId, pupilId, service }: AccountOwner, accountId: AccountId): void => {
    const pupils = memory.get(municipalityId) ?? new Map<PupilId | null, Map<ServiceCode, AccountId>>();
    memory.set(municipalityId, pupils);
    const services = pupils.get(pupilId) ?? new Map<ServiceCode, AccountId>();
    pupils.set(pupilId, services.set(service, accountId));
  };

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
    get: find,
    async ensure(owners) {
      const missing = new Map<string, AccountOwner>();
      for (const owner of owners) if (find(owner) === undefined) missing.set(keyOf(owner), owner);
      const wanted = [...missing.values()];
      for (let start = 0; start < wanted.length; start += OPEN_MAX) {
        const page = wanted.slice(start, start + OPEN_MAX);
        const stored = await deps.store.find(page);
        for (const [index, owner] of page.entries()) {
          const accountId = stored[index] ?? null;
          if (accountId !== null) keep(owner, accountId);
        }
        const unopened = page.filter((owner) => find(owner) === undefined);
        if (unopened.length > 0) await open(unopened);
      }
    },
    async forget(owners) {
      for (const { municipalityId, pupilId, service } of owners)
        memory.get(municipalityId)?.get(pupilId)?.delete(service);
      await deps.store.remove(owners);
    },
  };
}

function keyOf(owner: AccountOwner): string {
  return `${owner.municipalityId}/${owner.pupilId ?? ''}/${owner.service}`;
}
