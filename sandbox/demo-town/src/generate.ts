import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';
import type { ServiceDate } from '@campanella/vocabulary';
import type { Platform } from './platform.ts';
import { putTown } from './put-town.ts';
import { frameRequest, peopleRequests } from './registry-records.ts';
import { familiesOf, planTown, schoolsOf, type TownPlan } from './town.ts';

/** How much to generate. */
export interface Bulk {
  readonly pupils: number;
  readonly municipalities: number;
  readonly firstMunicipalityId: number;
  readonly today: ServiceDate;
}

const FAMILIES_PER_LINE = 300;

/** Plans the towns that share the pupils as evenly as whole pupils allow. */
export function planTowns(bulk: Bulk): readonly TownPlan[] {
  return Array.from({ length: bulk.municipalities }, (_, index) => {
    const municipalityId = bulk.firstMunicipalityId + index;
    const pupilCount =
      Math.floor(bulk.pupils / bulk.municipalities) + (index < bulk.pupils % bulk.municipalities ? 1 : 0);
    return planTown({ municipalityId, name: `Comune di Grandefinta ${municipalityId}`, pupilCount }, bulk.today);
  });
}

/**
 * Writes towns to three files, a line at a time, whatever their size: `puts.jsonl` (each line a PutRequest of
 * anagrafica's RegistryService in proto JSON), `terminals.jsonl`, and `badges.csv` for those who only swipe.
 *
 * @param report gets how many pupils are written so far
 */
export async function writeTowns(bulk: Bulk, folder: string, report: (pupils: number) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = ['puts.jsonl', 'terminals.jsonl', 'badges.csv'].map((name) => createWriteStream(join(folder, name)));
  const [puts, terminals, badges] = files;
  if (puts === undefined || terminals === undefined || badges === undefined) throw new RangeError('three files');
  await write(badges, 'municipality_id,school_id,pupil_id,badge_number');
  let pupils = 0;
  for (const plan of planTowns(bulk)) {
    await write(puts, JSON.stringify(PutRequest.toJSON(frameRequest(plan))));
    for (const school of schoolsOf(plan)) {
      await write(terminals, JSON.stringify({ municipalityId: plan.municipalityId, ...school }));
    }
    for (const request of peopleRequests(plan, FAMILIES_PER_LINE)) {
      await write(puts, JSON.stringify(PutRequest.toJSON(request)));
      pupils += request.pupils.length;
      report(pupils);
    }
    for (const { pupils: own } of familiesOf(plan)) {
      for (const pupil of own) {
        await write(
          badges,
          [plan.municipalityId, pupil.schoolId, pupil.pupilId, pupil.badges[0].badgeNumber].join(','),
        );
      }
    }
  }
  for (const file of files) {
    file.end();
    await finished(file);
  }
}

/** Puts towns into a running platform, one call at a time. */
export async function loadTowns(bulk: Bulk, platform: Platform, report: (pupils: number) => void): Promise<void> {
  let before = 0;
  for (const plan of planTowns(bulk)) {
    await putTown(platform, plan, bulk.today, (pupils) => report(before + pupils));
    before += plan.pupilCount;
  }
}

async function write(file: WriteStream, line: string): Promise<void> {
  // Waiting for the disk here is what keeps memory bounded.
  if (!file.write(`${line}\n`)) await once(file, 'drain');
}
