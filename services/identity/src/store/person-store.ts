import { createHmac } from 'node:crypto';
import type { FieldCipher } from '@campanella/field-encryption';
import { v7 as uuidv7 } from 'uuid';
import type { PersonStore } from '../app/ports.ts';

/**
 * The table persons.
 *
 * @param hashKey 32 random bytes. It must never change: with another key nobody would be recognised, and everybody would get a
 *   new id. (The cipher's keys may rotate.)
 */
export function personStore(cipher: FieldCipher, hashKey: Buffer): PersonStore {
  const hash = (municipalityId: number, codiceFiscale: string) =>
    createHmac('sha256', hashKey).update(`${municipalityId}/${codiceFiscale}`).digest();
  const context = (municipalityId: number, personId: string) => `persons.codice_fiscale/${municipalityId}/${personId}`;
  return {
    recognise: async (tx, municipalityId, codiceFiscale, now) => {
      const newId = uuidv7();
      const { rows } = await tx.query<{ person_id: string }>({
        name: 'recognise_person',
        text: `insert into persons (municipality_id, person_id, codice_fiscale_hash, codice_fiscale_sealed,
                                    first_signed_in_at, last_signed_in_at)
               values ($1, $2, $3, $4, $5, $5)
               on conflict (municipality_id, codice_fiscale_hash) do update set last_signed_in_at = excluded.last_signed_in_at
               returning person_id`,
        values: [
          municipalityId,
          newId,
          hash(municipalityId, codiceFiscale),
          cipher.encrypt(codiceFiscale, context(municipalityId, newId)),
          now,
        ],
      });
      return rows[0]?.person_id ?? newId;
    },
    codiceFiscaleOf: async (tx, municipalityId, personId) => {
      const { rows } = await tx.query<{ codice_fiscale_sealed: string }>({
        name: 'read_codice_fiscale',
        text: 'select codice_fiscale_sealed from persons where municipality_id = $1 and person_id = $2',
        values: [municipalityId, personId],
      });
      const [row] = rows;
      return row === undefined ? null : cipher.decrypt(row.codice_fiscale_sealed, context(municipalityId, personId));
    },
  };
}
