/** Why a sign-in did not happen; the portal's page `/accedi?errore=<kind>` explains each. */
export type SignInFailureKind =
  | 'cancelled'
  | 'expired'
  | 'provider_error'
  | 'provider_away'
  | 'no_codice_fiscale'
  | 'unavailable';

/** What identity answers to a sign-in that begins. */
export type BegunSignIn =
  | { readonly kind: 'begun'; readonly redirectUrl: string; readonly state: string }
  | { readonly kind: 'unknown_provider' }
  | { readonly kind: 'failed'; readonly failure: SignInFailureKind };

/** What identity answers to a browser that came back. */
export type CompletedSignIn =
  | { readonly kind: 'signed_in'; readonly personId: string; readonly displayName: string; readonly signInId: string }
  | { readonly kind: 'failed'; readonly failure: SignInFailureKind; readonly errorCode: string };

/** Sign-in as identity offers it; a fault of identity is the failure `unavailable`. */
export interface SignIn {
  begin(municipalityId: number, provider: string, redirectUri: string): Promise<BegunSignIn>;
  complete(municipalityId: number, state: string, callbackUrl: string): Promise<CompletedSignIn>;
  /** Where to send the browser to end the provider's session; null when there is no such place or identity is away. */
  end(municipalityId: number, signInId: string, returnTo: string): Promise<string | null>;
}
