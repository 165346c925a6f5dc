import type { DirectoryBadge, DirectoryPupil, DirectoryUpdate } from '@campanella/proto/attendance/v1/terminal';
import {
  type PupilId,
  parseBadgeNumber,
  parseId,
  parseServiceCode,
  parseServiceDate,
  serviceDate,
  type Validity,
} from '@campanella/vocabulary';
import {
  DIRECTORY_PUPILS_MAX,
  type DirectoryChange,
  type DirectoryBadge as KnownBadge,
  type DirectoryDiet as KnownDiet,
  type DirectoryPupil as KnownPupil,
} from '../domain/directory.ts';

/** Stands for an open beginning. */
const ALWAYS = serviceDate('1900-01-01');

/** Gathers the pages of a change; a stream that breaks between them leaves nothing behind. */
export class DirectoryPages {
  #pages: DirectoryUpdate[] = [];
  /** Records that could not be understood and were left out, since one of them must not cost the school its directory. */
  faultCount = 0;

  /**
   * Takes a page.
   *
   * @returns the whole change with its last page, before that null
   * @throws RangeError for more pupils than a school has
   */
  take(page: DirectoryUpdate): DirectoryChange | null {
    // A change of another kind begins: what was gathered has no last page.
    if (this.#pages[0] !== undefined && this.#pages[0].snapshot !== page.snapshot) this.#pages = [];
    this.#pages.push(page);
    const pupilCount = this.#pages.reduce((sum, { pupils }) => sum + pupils.length, 0);
    if (pupilCount > DIRECTORY_PUPILS_MAX) throw new RangeError('the directory holds more pupils than a school has');
    if (!page.lastPage) return null;
    const pages = this.#pages;
    this.#pages = [];
    return {
      version: page.version,
      isSnapshot: page.snapshot,
      pupils: pages.flatMap(({ pupils }) => pupils.flatMap((pupil) => this.#toPupil(pupil))),
      removedPupilIds: pages.flatMap(({ removedPupilIds }) =>
        removedPupilIds.flatMap((text) => this.#known(parseId<PupilId>(text))),
      ),
    };
  }

  #toPupil(pupil: DirectoryPupil): KnownPupil[] {
    return this.#known(parseId<PupilId>(pupil.pupilId)).map((pupilId) => ({
      pupilId,
      displayName: pupil.displayName,
      className: pupil.className,
      diets: this.#toDiets(pupil),
      badges: pupil.badges.flatMap((badge) => this.#toBadge(badge)),
      enrolments: pupil.enrolments.flatMap((enrolment) =>
        this.#known(parseServiceCode(enrolment.service)).flatMap((service) =>
          this.#toValidity(enrolment).map((validity) => ({ service, validity })),
        ),
      ),
    }));
  }

  /** A platform of before diets had days tells the one in force alone. */
  #toDiets({ diets, dietCode }: DirectoryPupil): KnownDiet[] {
    if (diets.length === 0 && dietCode !== '') return [{ dietCode, validity: { from: ALWAYS, until: null } }];
    return diets.flatMap((diet) => this.#toValidity(diet).map((validity) => ({ dietCode: diet.dietCode, validity })));
  }

  #toBadge(badge: DirectoryBadge): KnownBadge[] {
    return this.#known(parseBadgeNumber(badge.badgeNumber)).flatMap((number) =>
      this.#toValidity(badge).map((validity) => ({ number, isBlocked: badge.blocked, validity })),
    );
  }

  #toValidity({ validFrom, validUntil }: { validFrom: string; validUntil: string }): Validity[] {
    const from = validFrom === '' ? ALWAYS : parseServiceDate(validFrom);
    const until = validUntil === '' ? null : parseServiceDate(validUntil);
    if (from === null || (until === null && validUntil !== '')) return this.#known<Validity>(null);
    return [{ from, until }];
  }

  #known<Value>(parsed: Value | null): Value[] {
    if (parsed !== null) return [parsed];
    this.faultCount += 1;
    return [];
  }
}
