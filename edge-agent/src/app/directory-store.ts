import type { DirectoryChange, DirectoryPupil } from '../domain/directory.ts';

/** The school's badges on the terminal's disk. Each pupil is sealed as a whole: name, class and diet. */
export interface DirectoryStore {
  /** 0 where the directory was never loaded. */
  readonly version: number;
  /** When the last change was applied, on the terminal's clock; 0 for never. */
  readonly appliedAtMs: number;
  pupils(): readonly DirectoryPupil[];
  /** Applies a change as a whole: a power cut leaves the directory before or after it. */
  apply(change: DirectoryChange, nowMs: number): void;
  close(): void;
}
