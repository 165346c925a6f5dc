import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoCitizens } from '@campanella/sandbox-demo-town/citizens';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CardFiles, type CardFolder, keepCards } from './card-files.ts';

let folder: string;
let cards: CardFolder;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'campanella-cards-'));
  ({ cards } = await keepCards(folder, '127.0.0.1'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const read = ({ certificateFile }: CardFiles) => new X509Certificate(readFileSync(certificateFile));
const authority = () => new X509Certificate(readFileSync(cards.authorityFile));

test('every demonstration citizen has a card of their own, issued by the authority, with the key that belongs to it', () => {
  expect(Object.keys(cards.citizens)).toEqual(demoCitizens.map(({ username }) => username));
  for (const { username, codiceFiscale, givenName } of demoCitizens) {
    const files = cards.citizens[username];
    if (files === undefined) throw new Error(username);
    const certificate = read(files);
    expect(certificate.subject).toMatch(new RegExp(`^C=IT\nO=Regione Finta[\\s\\S]*CN=${codiceFiscale}/`));
    expect(certificate.subject).toContain(givenName);
    expect(certificate.verify(authority().publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(files.keyFile)))).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  }
});

test('each refused card has the one fault it is named for', () => {
  const { revoked, expired, untrusted, no_codice_fiscale: nobody } = cards.refused;
  expect(readFileSync(cards.revokedFile, 'utf8')).toMatch(
    /^-----BEGIN X509 CRL-----\n[\s\S]+-----END X509 CRL-----\n$/,
  );
  expect(read(revoked).verify(authority().publicKey)).toBe(true);
  expect(Date.parse(read(expired).validTo)).toBeLessThan(Date.now());
  expect(read(untrusted).verify(authority().publicKey)).toBe(false);
  expect(read(nobody).subject).not.toMatch(/[A-Z]{6}\d{2}/);
});

test('the listener is who it says it is', () => {
  expect(read(cards.server).checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(read(cards.server).verify(authority().publicKey)).toBe(true);
});

test('a second time keeps what is there; another host, or half a folder, makes it anew', async () => {
  const before = readFileSync(cards.authorityFile, 'utf8');
  expect(await keepCards(folder, '127.0.0.1')).toEqual({ cards, isNew: false });
  expect(readFileSync(cards.authorityFile, 'utf8')).toBe(before);
  const other = mkdtempSync(join(tmpdir(), 'campanella-cards-'));
  writeFileSync(join(other, 'authority.pem'), 'half');
  expect((await keepCards(other, 'localhost')).isNew).toBe(true);
  expect((await keepCards(other, '127.0.0.1')).isNew).toBe(true);
  rmSync(other, { recursive: true });
}, 60_000);
