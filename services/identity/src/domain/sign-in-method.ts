/** Who offers a way to sign in, and what its button says. */
interface Offered {
  /** Its name in our URLs, e.g. `spid`. */
  readonly key: string;
  /** Italian, for the button. */
  readonly label: string;
  /** The municipalities that offer it; null for all. */
  readonly municipalityIds: readonly number[] | null;
}

/** How we are known to a provider: onboarded in its federation, or registered with it alone. */
export type Registration =
  | {
      readonly kind: 'federation';
      readonly trustAnchor: string;
      /** The anchor's keys, as the federation's authority handed them over; null where its own publication is believed. */
      readonly trustAnchorJwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | null;
      /** The providers offered; null for all that the anchor lists. */
      readonly issuers: readonly string[] | null;
    }
  | { readonly kind: 'static'; readonly issuer: string; readonly clientId: string };

/** A way to sign in with a provider of OpenID Connect. What differs between SPID, CIE and a regional proxy is here, and not in branches. */
export interface OpenidMethod extends Offered {
  readonly kind: 'spid' | 'cie' | 'openid';
  readonly registration: Registration;
  /** Space-separated, with `openid`. */
  readonly scope: string;
  /** Levels of assurance we ask for; empty where the provider knows none. */
  readonly acrValues: readonly string[];
  /** Levels we accept: those we ask for and the higher ones. */
  readonly acrAccepted: readonly string[];
  readonly prompt: string | null;
  /** Where the codice fiscale is, and what stands before it, e.g. `TINIT-`. */
  readonly codiceFiscaleClaim: string;
  readonly codiceFiscalePrefix: string;
  /** Claims that only a company's identity has: asked for where there are such identities, and with one of them nobody is signed in. */
  readonly companyClaims: readonly string[];
  /** Whether the claims are asked for one by one (the `claims` parameter, as SPID and CIE want) besides by scope. */
  readonly claimsParameter: boolean;
  /** Whether the request is a signed object (RFC 9101) with its main parameters repeated beside it. */
  readonly signedRequest: boolean;
  /** Whether userinfo must come signed and then encrypted to us, and the id token must name its access token (at_hash). */
  readonly sealedAnswers: boolean;
  /** Whom our assertion is addressed to: the token end point (SPID and CIE) or the issuer (RFC 7523bis). */
  readonly assertionAudience: 'token_endpoint' | 'issuer';
}

/** A card in a reader, shown to the gateway in a TLS handshake: CNS, TS-CNS or CIE. */
export interface CertificateMethod extends Offered {
  readonly kind: 'certificate';
  /** Origin of the gateway's listener that asks for a card. */
  readonly certificateUrl: string;
}

/** Partita IVA and password, for companies only. */
export interface CompanyMethod extends Offered {
  readonly kind: 'company';
}

export type SignInMethod = OpenidMethod | CertificateMethod | CompanyMethod;

/** Finds the method that a municipality offers under a key; null for none. */
export function findMethod(methods: readonly SignInMethod[], key: string, municipalityId: number): SignInMethod | null {
  return methods.find((method) => method.key === key && isOffered(method, municipalityId)) ?? null;
}

/** Says whether a municipality offers a method. */
export function isOffered(method: SignInMethod, municipalityId: number): boolean {
  return method.municipalityIds === null || method.municipalityIds.includes(municipalityId);
}

/** The claims of userinfo that are asked for: those a sign-in needs, those that tell a company, and no other. */
export function claimsAsked(method: OpenidMethod): Readonly<Record<string, { readonly essential: true } | null>> {
  const needed = [method.codiceFiscaleClaim, 'given_name', 'family_name'];
  return {
    ...Object.fromEntries(needed.map((claim) => [claim, { essential: true }] as const)),
    ...Object.fromEntries(method.companyClaims.map((claim) => [claim, null] as const)),
  };
}

/** Levels of assurance in the spelling of SPID, which CIE shares (AgID, OpenID Connect in SPID; CIE id, technical manual). */
export const LEVELS = [1, 2, 3].map((level) => `https://www.spid.gov.it/SpidL${level}`);

/** The levels from the one asked for upwards: a provider may authenticate at a higher one, never at a lower. */
export function levelsFrom(asked: readonly string[]): readonly string[] {
  const lowest = Math.min(...asked.map((level) => LEVELS.indexOf(level)));
  return lowest < 0 || lowest === Number.POSITIVE_INFINITY ? asked : LEVELS.slice(lowest);
}

const ATTRIBUTES = 'https://attributes.eid.gov.it';
const ITALIAN = {
  codiceFiscaleClaim: `${ATTRIBUTES}/fiscal_number`,
  codiceFiscalePrefix: 'TINIT-',
  claimsParameter: true,
};
const FEDERATED = {
  ...ITALIAN,
  scope: 'openid',
  acrValues: [LEVELS[1] ?? ''],
  prompt: 'consent login',
  signedRequest: true,
  sealedAnswers: true,
  assertionAudience: 'token_endpoint',
} as const;

const COMPANY_CLAIMS = [
  `${ATTRIBUTES}/company_fiscal_number`,
  `${ATTRIBUTES}/vat_number`,
  `${ATTRIBUTES}/company_name`,
];

/**
 * What each kind of provider wants unless the configuration says otherwise. SPID and CIE differ in their anchor, and in that no company has
 * a CIE.
 */
export const PRESETS = {
  spid: { ...FEDERATED, label: 'Entra con SPID', companyClaims: COMPANY_CLAIMS },
  cie: { ...FEDERATED, label: 'Entra con CIE', companyClaims: [] },
  openid: {
    ...ITALIAN,
    companyClaims: COMPANY_CLAIMS,
    label: 'Entra con il portale regionale',
    scope: 'openid',
    acrValues: [],
    prompt: 'login',
    signedRequest: false,
    sealedAnswers: false,
    assertionAudience: 'issuer',
  },
} as const satisfies Record<OpenidMethod['kind'], Partial<OpenidMethod>>;
