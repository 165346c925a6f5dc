/** What every page says about the municipality. */
export interface Municipality {
  readonly name: string;
  readonly websiteUrl: string;
  readonly officeContact: string;
}

/** What the cache needs. */
export interface MunicipalityFactsDeps<Facts> {
  /** Asks the service that knows. @throws when it cannot answer */
  read(municipalityId: number): Promise<Facts>;
  /** How long an answer is used without asking again. */
  readonly freshMs: number;
  now(): Date;
}

/**
 * Facts about municipalities that seldom change. Many requests at once ask once. While the service that knows them is away the last
 * answer is good enough, however old; without any, the fault is the caller's.
 */
export function municipalityFacts<Facts>(
  deps: MunicipalityFactsDeps<Facts>,
): (municipalityId: number) => Promise<Facts> {
  const known = new Map<number, { facts: Facts; freshUntilMs: number }>();
  const asking = new Map<number, Promise<Facts>>();
  const ask = async (municipalityId: number): Promise<Facts> => {
    const earlier = known.get(municipalityId);
    try {
      const facts = await deps.read(municipalityId);
      known.set(municipalityId, { facts, freshUntilMs: deps.now().getTime() + deps.freshMs });
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
