import { createHmac } from 'node:crypto';
import type { FieldCipher } from '@campanella/field-encryption';
import type { CodiceFiscale } from '@campanella/vocabulary';
import { v7 as uuidv7 } from 'uuid';
import type { KnownPerson, OperatorStore, PersonStore } from '../app/ports.ts';
import type { OperatorRole } from '../domain/token-claims.ts';

/** Finds a person, or an account, by a code that is not stored in clear. */
export type CodeHash = (municipalityId: number, kind: 'citizen' | 'company' | 'attempts', code: string) => Buffer;

/**
 * Hashes codes with a key, so that a copy of a table cannot be searched by trying all codes.
 *
 * @param hashKey 32 random bytes. It must never change: with another key nobody would be recognised, and everybody would get a
 *   new id. (The cipher's keys may rotate.)
 */
export function codeHash(hashKey: Buffer): CodeHash {
  return (municipalityId, kind, code) =>
    createHmac('sha256', hashKey)
      // A citizen's has no kind before it: so it was before there were others.
      .update(kind === 'citizen' ? `${municipalityId}/${code}` : `${municipalityId}/${kind}/${code}`)
      .digest();
}

interface PersonRow {
  readonly kind: KnownPerson['kind'];
  readonly codice_fiscale_sealed: string;
  readonly role: OperatorRole | null;
}

/** The table persons. */
export function personStore(cipher: FieldCipher, hash: CodeHash): PersonStore {
  const context = (municipalityId: number, personId: string) => `persons.codice_fiscale/${municipalityId}/${personId}`;
  return {
    recognise: async (tx, municipalityId, { kind, fiscalCode }, now) => {
      const newId = uuidv7();
      const { rows } = await tx.query<{ person_id: string }>({
        name: 'recognise_person',
        text: `insert into persons (municipality_id, person_id, kind, codice_fiscale_hash, codice_fiscale_sealed,
                                    first_signed_in_at, last_signed_in_at)
               values ($1, $2, $3, $4, $5, $6, $6)
               on conflict (municipality_id, codice_fiscale_hash) do update set last_signed_in_at = excluded.last_signed_in_at
               returning person_id`,
        values: [
          municipalityId,
          newId,
          kind,
          hash(municipalityId, kind, fiscalCode),
          cipher.encrypt(fiscalCode, context(municipalityId, newId)),
          now,
        ],
      });
      return rows[0]?.person_id ?? newId;
    },
    find: async (tx, municipalityId, personId) => {
      const { rows } = await tx.query<PersonRow>({
        name: 'find_person',
        text: `select p.kind, p.codice_fiscale_sealed, o.role from persons p
               left join operators o on o.municipality_id = p.municipality_id and o.codice_fiscale_hash = p.codice_fiscale_hash
               where p.municipality_id = $1 and p.person_id = $2`,
        values: [municipalityId, personId],
      });
      const [row] = rows;
      if (row === undefined) return null;
      const fiscalCode = cipher.decrypt(row.codice_fiscale_sealed, context(municipalityId, personId));
      return { kind: row.kind, fiscalCode, role: row.role };
    },
  };
}

/** The table operators. */
export function operatorStore(hash: CodeHash): OperatorStore {
  const hashOf = (municipalityId: number, codiceFiscale: CodiceFiscale) =>
    hash(municipalityId, 'citizen', codiceFiscale);
  return {
    grant: async (tx, municipalityId, codiceFiscale, role, now) => {
      await tx.query({
        name: 'grant_role',
        text: `insert into operators (municipality_id, codice_fiscale_hash, role, granted_at) values ($1, $2, $3, $4)
               on conflict (municipality_id, codice_fiscale_hash) do update set role = excluded.role, granted_at = excluded.granted_at`,
        values: [municipalityId, hashOf(municipalityId, codiceFiscale), role, now],
      });
    },
    withdraw: async (tx, municipalityId, codiceFiscale) => {
      const { rowCount } = await tx.query({
        name: 'withdraw_role',
        text: 'delete from operators where municipality_id = $1 and codice_fiscale_hash = $2',
        values: [municipalityId, hashOf(municipalityId, codiceFiscale)],
      });
      return rowCount > 0;
    },
  };
}
