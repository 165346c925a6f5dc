import { ask, askFor } from './ask.ts';
import { ApiProblem, toProblem } from './problem.ts';
import { isRecord } from './records.ts';

/** One of the providers of a way to sign in. */
export interface SignInProvider {
  readonly issuer: string;
  readonly name: string;
}

const KINDS = ['spid', 'cie', 'openid', 'certificate', 'company'] as const;

/** One way to sign in that the municipality offers. */
export interface SignInMethod {
  /** Its name in `/login/<key>`; empty for a company's password. */
  readonly key: string;
  readonly kind: (typeof KINDS)[number];
  readonly label: string;
  /** The providers to choose from; empty where nothing is to be chosen. */
  readonly providers: readonly SignInProvider[];
}

/** How people may sign in here, in the order of the page. @throws ApiProblem */
export async function readSignInMethods(signal?: AbortSignal): Promise<readonly SignInMethod[]> {
  const methods = parseSignInMethods(await ask('/api/sign-in-methods', signal === undefined ? {} : { signal }));
  if (methods === null) throw new ApiProblem('internal', 200);
  return methods;
}

/** Takes the gateway's answer; null when it has another shape. A kind that this portal does not know yet is left out. */
export function parseSignInMethods(body: unknown): readonly SignInMethod[] | null {
  if (!isRecord(body) || !Array.isArray(body['methods'])) return null;
  return body['methods'].flatMap((method: unknown) => parseMethod(method) ?? []);
}

function parseMethod(value: unknown): SignInMethod | null {
  if (!isRecord(value)) return null;
  const { key, label, providers } = value;
  const kind = KINDS.find((known) => known === value['kind']);
  if (kind === undefined || typeof label !== 'string' || !Array.isArray(providers)) return null;
  if (typeof key !== 'string' || (kind !== 'company' && key === '')) return null;
  return { key, kind, label, providers: providers.flatMap((provider: unknown) => parseProvider(provider) ?? []) };
}

function parseProvider(value: unknown): SignInProvider | null {
  if (!isRecord(value)) return null;
  const { issuer, name } = value;
  return typeof issuer === 'string' && typeof name === 'string' ? { issuer, name } : null;
}

/** What a company typed, and where it wants to go. */
export interface CompanyLogin {
  readonly partitaIva: string;
  readonly password: string;
  readonly return: string;
}

/** The fields of the form that the gateway may find fault with. */
export type CompanyField = 'partitaIva' | 'password';

/** What became of a company's sign-in. */
export type CompanySignIn =
  | { readonly kind: 'signed_in'; readonly redirectUrl: string }
  | { readonly kind: 'wrong_credentials' }
  | { readonly kind: 'natural_person' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterS: number | null }
  | { readonly kind: 'invalid_request'; readonly fields: Readonly<Partial<Record<CompanyField, string>>> };

/** Signs a company in by partita IVA and password. @throws ApiProblem when nobody could say yes or no */
export async function signInCompany(login: CompanyLogin): Promise<CompanySignIn> {
  const { response, body } = await askFor('/login/company', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
  });
  const answer = parseCompanyAnswer(response.status, body, response.headers.get('retry-after'));
  if (answer === null) throw toProblem(response.status, body);
  return answer;
}

/** Takes the gateway's answer to a company; null for an answer that says neither yes nor no. */
export function parseCompanyAnswer(status: number, body: unknown, retryAfter: string | null): CompanySignIn | null {
  if (!isRecord(body)) return null;
  const { kind, redirectUrl, fields } = body;
  if (status === 200 && typeof redirectUrl === 'string')
    return { kind: 'signed_in', redirectUrl: ownPath(redirectUrl) };
  if (kind === 'wrong_credentials' || kind === 'natural_person') return { kind };
  if (kind === 'too_many_attempts') return { kind, retryAfterS: parseSeconds(retryAfter) };
  if (kind === 'invalid_request') return { kind, fields: parseFields(fields) };
  return null;
}

function ownPath(path: string): string {
  return /^\/(?![/\\])/.test(path) ? path : '/';
}

function parseSeconds(text: string | null): number | null {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
}

function parseFields(value: unknown): Partial<Record<CompanyField, string>> {
  if (!isRecord(value)) return {};
  const { partitaIva, password } = value;
  return {
    ...(typeof partitaIva === 'string' ? { partitaIva } : {}),
    ...(typeof password === 'string' ? { password } : {}),
  };
}
