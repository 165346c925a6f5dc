/** Ends what was started, last first: also after a start that failed half-way, and when the bench is interrupted. */
export interface Cleanup {
  add(end: () => Promise<void> | void): void;
  run(): Promise<void>;
}

/** Opens an empty list of things to end. */
export function cleanup(): Cleanup {
  const ends: (() => Promise<void> | void)[] = [];
  return {
    add: (end) => void ends.push(end),
    async run() {
      for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
    },
  };
}
