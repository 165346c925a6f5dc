import { accept, type CodiceFiscale, type Decision, parseCodiceFiscale, refuse } from '@campanella/vocabulary';

/** Why a card signs nobody in. */
export interface CardRefusal {
  readonly kind: 'no_certificate' | 'untrusted' | 'revoked' | 'expired' | 'not_for_sign_in' | 'no_codice_fiscale';
}

/** The subject of a card's certificate, attribute by attribute. */
export interface CardSubject {
  readonly country: string | null;
  readonly commonName: string | null;
  readonly serialNumber: string | null;
  readonly givenName: string | null;
  readonly surname: string | null;
}

/** What a greeting says where a card carries no name: most TS-CNS do not. */
const NAMELESS = 'Titolare della carta';
const NAME_LENGTH_MAX = 200;

/**
 * Reads who holds a card from the subject of its certificate.
 *
 * The common name of a CNS, TS-CNS or CIE is `<codice fiscale>/<card>.<hash>`; some issuers put the code in the serial number instead, as
 * `TINIT-<codice fiscale>` (ETSI EN 319 412-1). Anything else is no card of an Italian citizen.
 *
 * @see DigitPA, "Linee guida per l'emissione e l'utilizzo della Carta Nazionale dei Servizi", profile of the authentication certificate
 */
export function readCard(
  subject: CardSubject,
): Decision<{ codiceFiscale: CodiceFiscale; displayName: string }, CardRefusal> {
  if (subject.country !== 'IT') return refuse({ kind: 'no_codice_fiscale' });
  const [beforeSlash = ''] = (subject.commonName ?? '').split('/');
  const fromSerial = /^TINIT-(.+)$/.exec(subject.serialNumber ?? '')?.[1] ?? '';
  const codiceFiscale = parseCodiceFiscale(beforeSlash) ?? parseCodiceFiscale(fromSerial);
  if (codiceFiscale === null) return refuse({ kind: 'no_codice_fiscale' });
  const name = [subject.givenName, subject.surname]
    .filter((part) => part !== null)
    .join(' ')
    .trim();
  return accept({ codiceFiscale, displayName: name === '' || name.length > NAME_LENGTH_MAX ? NAMELESS : name });
}

/** Translates why a TLS handshake did not accept a certificate, in OpenSSL's words as Node.js gives them. */
export function tlsRefusal(tlsError: string): CardRefusal['kind'] {
  if (tlsError === 'CERT_REVOKED') return 'revoked';
  if (tlsError === 'CERT_HAS_EXPIRED' || tlsError === 'CERT_NOT_YET_VALID') return 'expired';
  return tlsError === 'INVALID_PURPOSE' ? 'not_for_sign_in' : 'untrusted';
}
