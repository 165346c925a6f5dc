import { isOffered, type SignInMethod } from '../domain/sign-in-method.ts';
import type { IdentityProviders, OfferedProvider } from './ports.ts';

/** A way to sign in, as a page shows it. */
export interface ListedMethod {
  readonly key: string;
  readonly kind: SignInMethod['kind'];
  readonly label: string;
  /** What there is to choose from; empty where there is nothing to choose. */
  readonly providers: readonly OfferedProvider[];
}

/** How people may sign in at a municipality, in the configured order. Answers from memory. */
export function listSignInMethods(
  deps: { readonly methods: readonly SignInMethod[]; readonly providers: Pick<IdentityProviders, 'offered'> },
  municipalityId: number,
): readonly ListedMethod[] {
  return deps.methods
    .filter((method) => isOffered(method, municipalityId))
    .map((method) => ({
      key: method.key,
      kind: method.kind,
      label: method.label,
      providers: method.kind === 'spid' ? deps.providers.offered(method) : [],
    }));
}
