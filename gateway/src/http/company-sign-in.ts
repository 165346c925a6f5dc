import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import type { CompanySignIn } from '../app/sign-in.ts';
import { parseLocalPath } from '../domain/local-path.ts';
import { TEXTS } from '../texts.ts';
import { bodyOf, readBody } from './body.ts';
import { type GatewayDeps, siteOf, sourceAddressOf } from './gateway-deps.ts';
import { originGuard } from './guards.ts';
import { limitPerAddress } from './limits.ts';
import { GatewayRefusal } from './refusal.ts';
import { startSession } from './start-session.ts';

/** A partita IVA has 11 digits; people put spaces and IT before it. */
const PARTITA_IVA_LENGTH_MAX = 40;
const PASSWORD_LENGTH_MAX = 256;

const text = TEXTS.companyFields;
/** Half of a character's pair cannot be sent on as it is. */
const isWhole = (typed: string) => typed.isWellFormed();

const Body = z.object(
  {
    partitaIva: z
      .string(text.partitaIvaMissing)
      .trim()
      .min(1, text.partitaIvaMissing)
      .max(PARTITA_IVA_LENGTH_MAX, text.tooLong)
      .refine(isWhole, text.unreadable),
    password: z
      .string(text.passwordMissing)
      .min(1, text.passwordMissing)
      .max(PASSWORD_LENGTH_MAX, text.tooLong)
      .refine(isWhole, text.unreadable),
    return: z
      .string(text.returnUnknown)
      .default('/')
      .transform((given, context) => {
        const path = parseLocalPath(given);
        if (path === null) context.addIssue({ code: 'custom', message: text.returnUnknown });
        return path ?? z.NEVER;
      }),
  },
  text.unreadable,
);

/**
 * `POST /login/company` with `{ partitaIva, password, return }`: a session and `{ redirectUrl }`, or problem details of kind
 * `wrong_credentials`, `natural_person`, `too_many_attempts` or `invalid_request`. From our own pages only, JSON only; while Redis is
 * away nobody may guess.
 */
export function companySignInRoutes(app: Express, deps: GatewayDeps): void {
  const limited = limitPerAddress(deps.companyLimit, 'closed', 'too_many_attempts');
  app.post('/login/company', originGuard, limited, readBody, (request, response) =>
    signInCompany(deps, request, response),
  );
}

async function signInCompany(deps: GatewayDeps, request: Request, response: Response): Promise<void> {
  response.set('Cache-Control', 'no-store');
  const typed = Body.safeParse(JSON.parse(bodyOf(request) ?? 'null'));
  if (!typed.success) throw new GatewayRefusal('invalid_request', { fields: faultsOf(typed.error) });
  const { partitaIva, password, return: redirectUrl } = typed.data;
  const { municipalityId } = siteOf(request);
  const sourceAddress = sourceAddressOf(request);
  const answer = await deps.signIn
    .company({ municipalityId, partitaIva, password, sourceAddress })
    .catch((cause: unknown) => {
      throw new GatewayRefusal('service_away', { cause });
    });
  if (answer.kind !== 'signed_in') throw refusalOf(answer);
  await startSession(deps, request, response, answer);
  response.json({ redirectUrl });
}

function refusalOf(answer: Exclude<CompanySignIn, { kind: 'signed_in' }>): GatewayRefusal {
  const facts = answer.kind === 'too_many_attempts' ? { retryAfterS: answer.retryAfterS } : {};
  return new GatewayRefusal(answer.kind, facts);
}

/** One sentence per field; a body that is no object has all of them wrong. */
function faultsOf(error: z.ZodError): Record<string, string> {
  const faults = error.issues.map(({ path, message }) => [String(path[0] ?? 'partitaIva'), message] as const);
  return Object.fromEntries(faults.reverse());
}
