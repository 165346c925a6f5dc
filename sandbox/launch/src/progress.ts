/** Prints steps as they begin and end, with their time. */
export class Progress {
  readonly #startedAt = performance.now();
  readonly #write: (line: string) => void;

  /** @param write where lines go: standard output by default */
  constructor(write: (line: string) => void = (line) => console.log(line)) {
    this.#write = write;
  }

  /** A line of its own. */
  say(line: string): void {
    this.#write(`${this.#elapsed()}  ${line}`);
  }

  /** Runs a step; says when it is done and how long it took. */
  async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    this.say(`${name} …`);
    const result = await work();
    this.say(`${name}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return result;
  }

  #elapsed(): string {
    return `${((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(6)} s`;
  }
}
