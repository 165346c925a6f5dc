/** Why a sign-in did not happen; the portal's page `/accedi?errore=<kind>` explains each. */
export type SignInFailureKind =
  | 'cancelled'
  | 'expired'
  | 'provider_error'
  | 'provider_away'
  | 'no_codice_fiscale'
  | 'legal_person'
  | 'certificate_refused'
  | 'unavailable';

/** One way to sign in at a municipality, as its page shows it. */
export interface SignInMethod {
  /** Its name in `/login/<key>`; empty for a company's password. */
  readonly key: string;
  readonly kind: 'spid' | 'cie' | 'openid' | 'certificate' | 'company';
  /** Italian, for the button. */
  readonly label: string;
  /** The providers to choose from; empty where nothing is to be chosen. */
  readonly providers: readonly { readonly issuer: string; readonly name: string }[];
}

/** A sign-in as a browser asks for it. */
export interface BeginSignIn {
  readonly municipalityId: number;
  readonly method: string;
  /** Which of the method's providers; empty where it has one. */
  readonly issuer: string;
  readonly redirectUri: string;
  /** The browser's address, for the sign-in log; empty where it is not known. */
  readonly sourceAddress: string;
}

/** What identity answers to a sign-in that begins. */
export type BegunSignIn =
  | { readonly kind: 'begun'; readonly redirectUrl: string; readonly state: string }
  | { readonly kind: 'unknown_method' }
  | { readonly kind: 'failed'; readonly failure: SignInFailureKind };

/** A browser that came back. */
export interface CompleteSignIn {
  readonly municipalityId: number;
  readonly state: string;
  /** The whole URL it came back to. */
  readonly callbackUrl: string;
  readonly sourceAddress: string;
}

/** Who signed in. */
export interface SignedIn {
  readonly kind: 'signed_in';
  readonly personId: string;
  readonly displayName: string;
  readonly signInId: string;
}

/** What identity answers to a browser that came back. */
export type CompletedSignIn =
  | SignedIn
  | { readonly kind: 'failed'; readonly failure: SignInFailureKind; readonly errorCode: string };

/** What a company typed. */
export interface SignInCompany {
  readonly municipalityId: number;
  readonly partitaIva: string;
  readonly password: string;
  readonly sourceAddress: string;
}

/** What identity answers to a company. */
export type CompanySignIn =
  | SignedIn
  | { readonly kind: 'wrong_credentials' }
  | { readonly kind: 'natural_person' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterS: number };

/** What a TLS handshake proved of a card. */
export interface PresentedCertificate {
  readonly municipalityId: number;
  readonly state: string;
  /** The end entity's certificate; empty where the browser showed none. */
  readonly certificateDer: Buffer;
  /** Why the handshake did not accept it, in OpenSSL's words; empty where it did. */
  readonly tlsError: string;
  readonly sourceAddress: string;
}

/** Where the browser goes after it showed a card. */
export type PresentedAnswer =
  | { readonly kind: 'taken'; readonly redirectUrl: string }
  | { readonly kind: 'failed'; readonly failure: 'expired' | 'unavailable' };

/** Sign-in as identity offers it; unless a method says otherwise, a fault of identity is the failure `unavailable`. */
export interface SignIn {
  /** How people may sign in at a municipality, in the order of the page. @throws when identity cannot answer */
  methods(municipalityId: number): Promise<readonly SignInMethod[]>;
  begin(request: BeginSignIn): Promise<BegunSignIn>;
  complete(request: CompleteSignIn): Promise<CompletedSignIn>;
  /** Hands over a card. */
  present(certificate: PresentedCertificate): Promise<PresentedAnswer>;
  /** Signs a company in. @throws when identity cannot answer */
  company(request: SignInCompany): Promise<CompanySignIn>;
  /** Where to send the browser to end the provider's session; null when there is no such place or identity is away. */
  end(municipalityId: number, signInId: string, returnTo: string): Promise<string | null>;
  /** Ends every sign-in of a person, at the providers too; a fault is logged, since the sessions have ended already. */
  endAll(municipalityId: number, personId: string): Promise<void>;
}
