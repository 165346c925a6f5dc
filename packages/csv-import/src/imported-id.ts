import type { MunicipalityId } from '@campanella/vocabulary';
import { v5 as uuidV5 } from 'uuid';

/** Ids of imported records are made of what the office calls them, under this name space: the same file again is the same records. */
const NAME_SPACE = 'b3a1b0a2-6a0e-5d0f-9a6e-0f6f2f1c7d11';
const SEPARATOR = '\n';

/**
 * The id that an imported record gets where it is new, whoever makes it: two services that read the same folder call a school the same.
 *
 * @param key the record's nameKey among those of its kind
 */
export function importedId(municipalityId: MunicipalityId, kind: string, key: string): string {
  return uuidV5([String(municipalityId), kind, key].join(SEPARATOR), NAME_SPACE);
}
