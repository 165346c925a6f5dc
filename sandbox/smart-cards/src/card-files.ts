import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DemoCitizen, demoCitizens } from '@campanella/sandbox-demo-town/citizens';
import { type CardAuthority, type CardForm, type KeyPair, makeAuthority } from './authority.ts';

/** A card as two files in PEM. */
export interface CardFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** All the files of the demonstration, as `cards.json` in their folder lists them. */
export interface CardFolder {
  /** For the gateway's listener and for identity. */
  readonly authorityFile: string;
  readonly revokedFile: string;
  readonly server: CardFiles;
  /** By the citizen's user name. */
  readonly citizens: Readonly<Record<string, CardFiles>>;
  /** Cards that are refused, by why. */
  readonly refused: Readonly<Record<RefusedCard, CardFiles>>;
  readonly host: string;
}

/** What is wrong with a card. */
export type RefusedCard = 'revoked' | 'expired' | 'untrusted' | 'not_for_sign_in' | 'no_codice_fiscale';

/** The files are made anew when the listener's certificate has less left. */
const RENEW_BEFORE_MS = 30 * 86_400_000;

/**
 * Makes the files, or keeps those that are there and still good for a month: a card that was imported into a browser stays good as long as the
 * folder is kept.
 *
 * @param host where the listener is reached
 * @returns what is where, and whether it was made now
 */
export async function keepCards(folder: string, host: string): Promise<{ cards: CardFolder; isNew: boolean }> {
  const kept = readCards(folder);
  if (kept !== null && kept.host === host && isGoodForAMonth(kept)) return { cards: kept, isNew: false };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cards = await makeCards(folder, host);
  // Last, and whole: half a folder is made anew.
  writeFileSync(join(folder, 'cards.json.part'), `${JSON.stringify(cards, null, 2)}\n`);
  renameSync(join(folder, 'cards.json.part'), join(folder, 'cards.json'));
  return { cards, isNew: true };
}

/** What a folder holds; null where it holds no whole set. */
export function readCards(folder: string): CardFolder | null {
  const file = join(folder, 'cards.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

function isGoodForAMonth({ server }: CardFolder): boolean {
  if (!existsSync(server.certificateFile)) return false;
  const certificate = new X509Certificate(readFileSync(server.certificateFile));
  return Date.parse(certificate.validTo) - Date.now() > RENEW_BEFORE_MS;
}

async function makeCards(folder: string, host: string): Promise<CardFolder> {
  const [authority, stranger] = await Promise.all([
    makeAuthority('CA di carte inventate'),
    makeAuthority('CA che nessuno conosce'),
  ]);
  const write = (name: string, text: string, mode = 0o644) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode });
    return file;
  };
  const writePair = (name: string, pair: KeyPair): CardFiles => ({
    certificateFile: write(`${name}.pem`, pair.certificate),
    keyFile: write(`${name}.key.pem`, pair.key, 0o600),
  });
  const citizens = await Promise.all(
    demoCitizens.map(
      async (citizen) => [citizen.username, await authority.card({ subject: subjectOf(citizen) })] as const,
    ),
  );
  const refused = await makeRefused(authority, stranger);
  const server = await authority.server(host);
  return {
    host,
    authorityFile: write('authority.pem', authority.certificate),
    revokedFile: write('revoked.pem', await authority.revoked([refused.revoked.serialNumber])),
    server: writePair('server', server),
    citizens: Object.fromEntries(citizens.map(([username, pair]) => [username, writePair(username, pair)])),
    refused: {
      revoked: writePair('revoked-card', refused.revoked),
      expired: writePair('expired-card', refused.expired),
      untrusted: writePair('untrusted-card', refused.untrusted),
      not_for_sign_in: writePair('not-for-sign-in-card', refused.not_for_sign_in),
      no_codice_fiscale: writePair('no-codice-fiscale-card', refused.no_codice_fiscale),
    },
  };
}

async function makeRefused(authority: CardAuthority, stranger: CardAuthority): Promise<Record<RefusedCard, KeyPair>> {
  const [citizen] = demoCitizens;
  if (citizen === undefined) throw new Error('the demonstration town has no citizens');
  const form: CardForm = { subject: subjectOf(citizen) };
  const [revoked, expired, untrusted, notForSignIn, noCodiceFiscale] = await Promise.all([
    authority.card(form),
    authority.card({ ...form, isExpired: true }),
    stranger.card(form),
    authority.card({ ...form, isNotForSignIn: true }),
    authority.card({ subject: [{ C: 'IT' }, { CN: 'Carta senza codice fiscale' }] }),
  ]);
  return { revoked, expired, untrusted, not_for_sign_in: notForSignIn, no_codice_fiscale: noCodiceFiscale };
}

/** The subject of a CNS: `<codice fiscale>/<card>.<hash>` as its common name, and the holder's names as newer cards have them. */
function subjectOf({ codiceFiscale, givenName, familyName }: DemoCitizen): CardForm['subject'] {
  const hash = createHash('sha256').update(codiceFiscale).digest('base64').slice(0, 27);
  return [
    { C: 'IT' },
    { O: 'Regione Finta' },
    { OU: 'Carte inventate' },
    { CN: `${codiceFiscale}/6090000000000001.${hash}=` },
    { G: givenName },
    { SN: familyName },
  ];
}
