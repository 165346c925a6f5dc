import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import { z } from 'zod';
import type { Conversation, SignInMessage } from '../app/ports.ts';
import { ID_TOKEN_SIGNATURE } from '../domain/protocol-algorithms.ts';
import type { OpenidMethod } from '../domain/sign-in-method.ts';
import type { KeySet } from '../domain/trust-chain.ts';
import type { ProviderServer } from './provider-directory.ts';

/** An answer of a provider that cannot be believed; the code is for the log and the error page, and holds nothing of the answer. */
export class AnswerFault extends Error {
  readonly code: string;
  constructor(code: string, options?: ErrorOptions) {
    super(`the provider's answer is not accepted: ${code}`, options);
    this.name = 'AnswerFault';
    this.code = code;
  }
}

/** One conversation with a provider: a configuration of openid-client that notes what is said. */
export interface OpenConversation {
  readonly config: openid.Configuration;
  readonly server: ProviderServer;
  /** The provider's keys for a signature, read anew where the key that made it is not among those we know. */
  keysFor(jwt: string): Promise<KeySet | null>;
  readonly clientId: string;
  note(kind: SignInMessage['kind'], text: string): void;
  noteRequest(requestId: string): void;
  noteResponse(responseId: string | null): void;
  record(): Conversation;
}

export interface ConversationOptions {
  readonly method: OpenidMethod;
  readonly server: ProviderServer;
  /** What the federation vouches for now; null where the provider publishes its keys itself. */
  readonly renewKeys: () => Promise<KeySet | null>;
  readonly clientId: string;
  readonly signingKey: openid.PrivateKey;
  readonly timeoutMs: number;
  readonly allowInsecureLoopback: boolean;
  readonly now: () => Date;
}

/** Longest answer of a provider that is read: real ones take a few kilobytes. */
const ANSWER_BYTES_MAX = 48 * 1024;
const CLOCK_TOLERANCE_S = 30;
const TokenAnswer = z.object({ id_token: z.string() });

/** Begins a conversation. Its log keeps every message as it was on the wire, as the rules of SPID and CIE ask. */
export function openConversation(options: ConversationOptions): OpenConversation {
  const { method, server, clientId } = options;
  const messages: SignInMessage[] = [];
  let requestId: string | null = null;
  let responseId: string | null = null;
  let { keys } = server;
  const keysFor = async (jwt: string): Promise<KeySet | null> => {
    // A provider may have taken a new key into use since we read its chain.
    if (keys !== null && !isKeyOf(keys, jwt)) keys = await options.renewKeys();
    return keys;
  };
  const note = (kind: SignInMessage['kind'], text: string) => messages.push({ kind, text, occurredAt: options.now() });
  const auth = openid.PrivateKeyJwt(options.signingKey, {
    [openid.modifyAssertion]: (_header, payload) => {
      payload['jti'] = randomUUID();
      if (method.assertionAudience === 'token_endpoint') payload['aud'] = server.metadata.token_endpoint ?? '';
    },
  });
  const config = new openid.Configuration(
    server.metadata,
    clientId,
    {
      ...(server.keys === null ? {} : { id_token_signed_response_alg: ID_TOKEN_SIGNATURE }),
      [openid.clockTolerance]: CLOCK_TOLERANCE_S,
      // The library knows the machine's clock only.
      [openid.clockSkew]: Math.round((options.now().getTime() - Date.now()) / 1000),
    },
    auth,
  );
  // Without the checks an id token that came straight from the provider would be believed unsigned (OpenID Connect 3.1.3.7).
  openid.enableNonRepudiationChecks(config);
  if (options.allowInsecureLoopback) openid.allowInsecureRequests(config);
  config.timeout = options.timeoutMs / 1000;
  config[openid.customFetch] = (url, init) => speak({ server, note, keysFor, keys: () => keys }, url, init);
  return {
    config,
    server,
    keysFor,
    clientId,
    note,
    noteRequest: (id) => {
      requestId = id;
    },
    noteResponse: (id) => {
      responseId = id;
    },
    record: () => ({ messages, requestId, responseId }),
  };
}

interface Speaker extends Pick<OpenConversation, 'server' | 'note' | 'keysFor'> {
  readonly keys: () => KeySet | null;
}

async function speak(
  { server, note, keysFor, keys }: Speaker,
  url: string,
  init: openid.CustomFetchOptions,
): Promise<Response> {
  if (url === server.metadata.jwks_uri && keys() !== null) return Response.json(keys());
  const kind = kindOf(server, url);
  if (kind !== null) note(`${kind}_request`, `${init.method} ${url}\n${init.body ?? ''}`);
  const { body, ...rest } = init;
  const response = await fetch(url, { ...rest, ...(body == null ? {} : { body }), redirect: 'manual' });
  const text = await readBounded(response);
  // What is encrypted to us is noted by who opens it: an answer that nobody can read any more would prove nothing.
  if (kind !== null && !isEncrypted(text)) note(`${kind}_response`, `${response.status}\n${text}`);
  // openid-client asks for the keys after it has the id token, and cannot say which one it needs.
  if (kind === 'token' && response.ok) await keysFor(idTokenOf(text));
  return new Response([204, 205, 304].includes(response.status) ? null : text, {
    status: response.status,
    headers: response.headers,
  });
}

function idTokenOf(text: string): string {
  const { data } = TokenAnswer.safeParse(parseJson(text));
  return data?.id_token ?? '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Says whether the key that a JWT names is among some; true for what is no JWT, which is refused elsewhere. */
function isKeyOf(keys: KeySet, jwt: string): boolean {
  try {
    const { kid } = decodeProtectedHeader(jwt);
    return kid === undefined || keys.keys.some((key) => key['kid'] === kid);
  } catch {
    return true;
  }
}

/** Says whether a text has the five parts of an encrypted JWT. */
export function isEncrypted(text: string): boolean {
  return /^\s*[\w-]+(\.[\w-]*){4}\s*$/.test(text);
}

function kindOf({ metadata }: ProviderServer, url: string): 'token' | 'userinfo' | 'revocation' | null {
  if (url === metadata.token_endpoint) return 'token';
  if (url === metadata.userinfo_endpoint) return 'userinfo';
  return url === metadata.revocation_endpoint ? 'revocation' : null;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new AnswerFault('answer_too_long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The id (jti) of a JWT that was made or already verified; null where it has none. */
export function idOf(jwt: string): string | null {
  return decodeJwt(jwt).jti ?? null;
}
