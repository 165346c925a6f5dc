import type { Cents, MunicipalityId, PupilId, SchoolId, ServiceCode } from '@campanella/vocabulary';
import { cents } from '@campanella/vocabulary';
import type { Pupil } from '../domain/directory.ts';
import type { DirectoryMemory, DirectoryState } from './directory-memory.ts';
import type { KnownAccounts } from './known-accounts.ts';
import type { AccountOwner } from './ports.ts';

/** Most pupils in one page, from anagrafica and from our own tables. */
export const DIRECTORY_PAGE_MAX = 1_000;

/** anagrafica as attendance uses it. */
export interface Anagrafica {
  listChanges(
    municipalityId: MunicipalityId,
    afterVersion: number,
    pageSize: number,
  ): Promise<{ pupils: readonly Pupil[]; version: number; more: boolean } | null>;
  /** The municipality's name and its schools; null where it is unknown. */
  describe(municipalityId: MunicipalityId): Promise<{ name: string; schools: ReadonlyMap<SchoolId, string> } | null>;
}

/** The projection in PostgreSQL. */
export interface DirectoryStore {
  /** Every municipality that has a terminal or a directory. */
  listStates(): Promise<readonly DirectoryState[]>;
  /** Makes sure that the municipality is one of those listed. */
  watch(municipalityId: MunicipalityId): Promise<void>;
  /** Stores a page: newer states replace older ones, the version only rises. One transaction. */
  storePage(
    municipalityId: MunicipalityId,
    generation: number,
    pupils: readonly Pupil[],
    version: number,
  ): Promise<void>;
  storeDescription(municipalityId: MunicipalityId, name: string, schools: ReadonlyMap<SchoolId, string>): Promise<void>;
  /** Drops the municipality's pupils and begins the next generation at version 0. */
  beginAnew(municipalityId: MunicipalityId, generation: number): Promise<void>;
  /** Pupils after a version in version order, up to the version given. */
  listPupils(municipalityId: MunicipalityId, afterVersion: number): Promise<readonly Pupil[]>;
}

/** What keeping the projection needs. */
export interface KeepDirectoryDeps {
  readonly store: DirectoryStore;
  readonly anagrafica: Anagrafica;
  readonly memory: DirectoryMemory;
  readonly accounts: KnownAccounts;
  /** Told after memory has moved, so that terminals hear of it. */
  readonly onChanged: (municipalityId: MunicipalityId) => void;
  readonly onFault: (fault: unknown, what: string, municipalityId: MunicipalityId) => void;
}

/** Keeps the projection: in PostgreSQL from anagrafica, in memory from PostgreSQL. */
export interface DirectoryKeeper {
  /** Reads what changed at anagrafica after our version. Any replica may do so at any time: reading twice changes nothing. */
  pull(municipalityId: MunicipalityId): Promise<void>;
  pullAll(): Promise<void>;
  /** Brings memory to what PostgreSQL holds, whichever replica stored it. */
  refresh(): Promise<void>;
}

/** Opens a keeper; nothing runs until it is asked. */
export function directoryKeeper(deps: KeepDirectoryDeps): DirectoryKeeper {
  let refreshing: Promise<void> | null = null;

  async function refreshOnce(): Promise<void> {
    for (const state of await deps.store.listStates()) {
      const known = deps.memory.state(state.municipalityId);
      const isSame = known?.version === state.version && known.generation === state.generation;
      if (isSame && known.name === state.name && known.schools.size === state.schools.size) continue;
      const isAnew = known === null || known.generation !== state.generation;
      const pupils = await deps.store.listPupils(state.municipalityId, isAnew ? 0 : known.version);
      deps.memory.apply(state, pupils);
      if (!isSame) deps.onChanged(state.municipalityId);
    }
  }

  async function refresh(): Promise<void> {
    while (refreshing !== null) await refreshing;
    refreshing = refreshOnce().finally(() => {
      refreshing = null;
    });
    await refreshing;
  }

  async function pull(municipalityId: MunicipalityId): Promise<void> {
    await deps.store.watch(municipalityId);
    const states = await deps.store.listStates();
    const state = states.find((one) => one.municipalityId === municipalityId);
    if (state === undefined) return;
    const described = await deps.anagrafica.describe(municipalityId);
    if (described === null) return;
    await deps.store.storeDescription(municipalityId, described.name, described.schools);
    let { version, generation } = state;
    for (;;) {
      const page = await deps.anagrafica.listChanges(municipalityId, version, DIRECTORY_PAGE_MAX);
      if (page === null) break;
      if (page.version < version) {
        await deps.store.beginAnew(municipalityId, generation);
        generation += 1;
        version = 0;
        continue;
      }
      if (page.version > version) await deps.store.storePage(municipalityId, generation, page.pupils, page.version);
      await openAccounts(municipalityId, page.pupils);
      version = page.version;
      if (!page.more) break;
    }
    await refresh();
  }

  /** Opens the accounts ahead of the first meal; a ledger that is away is met again when the first swipe comes. */
  async function openAccounts(municipalityId: MunicipalityId, pupils: readonly Pupil[]): Promise<void> {
    try {
      await deps.accounts.ensure(pupils.flatMap((pupil) => accountOwners(municipalityId, pupil)));
    } catch (fault) {
      deps.onFault(fault, 'accounts not opened yet', municipalityId);
    }
  }

  return {
    pull,
    refresh,
    async pullAll() {
      await refresh();
      for (const { municipalityId } of await deps.store.listStates()) {
        try {
          await pull(municipalityId);
        } catch (fault) {
          deps.onFault(fault, 'directory not read', municipalityId);
        }
      }
    },
  };
}

/** The accounts that a pupil's enrolments need: the pupil's and the municipality's revenue, for each prepaid service. */
export function accountOwners(municipalityId: MunicipalityId, pupil: Pupil): AccountOwner[] {
  if (pupil.removed) return [];
  return pupil.enrolments
    .filter((enrolment) => enrolment.paymentMode === 'prepaid')
    .flatMap(({ service, overdraftCents }) => [
      owner(municipalityId, pupil.pupilId, service, overdraftCents),
      owner(municipalityId, null, service, cents(0)),
    ]);
}

function owner(
  municipalityId: MunicipalityId,
  pupilId: PupilId | null,
  service: ServiceCode,
  overdraftCents: Cents,
): AccountOwner {
  return { municipalityId, pupilId, service, overdraftCents };
}
