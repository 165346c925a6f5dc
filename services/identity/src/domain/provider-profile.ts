/** An identity provider as data: what differs between SPID, CIE and a regional proxy is here, and not in branches. */
export interface ProviderProfile {
  /** Its name in our URLs, e.g. `spid`. */
  readonly key: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Space-separated, with `openid`. */
  readonly scope: string;
  /** Levels of assurance we ask for, and the only ones we accept; empty where the provider knows none. */
  readonly acrValues: readonly string[];
  readonly prompt: string | null;
  /** Where the codice fiscale is, and what stands before it, e.g. `TINIT-`. */
  readonly codiceFiscaleClaim: string;
  readonly codiceFiscalePrefix: string;
  /** Whether the claims are asked for one by one (the `claims` parameter, as SPID and CIE want) besides by scope. */
  readonly claimsParameter: boolean;
  /** The municipalities that offer it; null for all. */
  readonly municipalityIds: readonly number[] | null;
}

/** The claims of userinfo that a sign-in needs. */
export function claimsNeeded(profile: ProviderProfile): readonly string[] {
  return [profile.codiceFiscaleClaim, 'given_name', 'family_name'];
}

/** Finds the provider that a municipality offers under a key; null for none. */
export function findProvider(
  profiles: readonly ProviderProfile[],
  key: string,
  municipalityId: number,
): ProviderProfile | null {
  const offered = (profile: ProviderProfile) =>
    profile.municipalityIds === null || profile.municipalityIds.includes(municipalityId);
  return profiles.find((profile) => profile.key === key && offered(profile)) ?? null;
}
