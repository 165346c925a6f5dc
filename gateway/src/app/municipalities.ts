/** What every page says about the municipality. */
export interface Municipality {
  readonly name: string;
  readonly websiteUrl: string;
  readonly officeContact: string;
}

/** What the cache needs. */
export interface MunicipalitiesDeps {
  /** Asks anagrafica. @throws when it cannot answer */
  read(municipalityId: number): Promise<Municipality>;
  now(): Date;
}

const FRESH_MS = 5 * 60_000;

/**
 * Facts about municipalities, asked of anagrafica every five minutes. While anagrafica is away the last answer is good enough, however
 * old; without any, the fault is the caller's.
 */
export function municipalities(deps: MunicipalitiesDeps): (municipalityId: number) => Promise<Municipality> {
  const known = new Map<number, { facts: Municipality; freshUntilMs: number }>();
  const asking = new Map<number, Promise<Municipality>>();
  const ask = async (municipalityId: number): Promise<Municipality> => {
    const earlier = known.get(municipalityId);
    try {
      const facts = await deps.read(municipalityId);
      known.set(municipalityId, { facts, freshUntilMs: deps.now().getTime() + FRESH_MS });
      return facts;
    } catch (error) {
      if (earlier === undefined) throw error;
      return earlier.facts;
    } finally {
      asking.delete(municipalityId);
    }
  };
  return async (municipalityId) => {
    const earlier = known.get(municipalityId);
    if (earlier !== undefined && deps.now().getTime() < earlier.freshUntilMs) return earlier.facts;
    const pending = asking.get(municipalityId) ?? ask(municipalityId);
    asking.set(municipalityId, pending);
    return pending;
  };
}
