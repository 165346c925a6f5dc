/** What is done before a process ends by itself. Imports nothing, so that tracing can be started before anything else is loaded. */
const tasks: (() => Promise<void>)[] = [];

const WITHIN_MS = 2_000;

/** Adds what {@link finishBeforeExit} waits for. */
export function beforeExit(task: () => Promise<void>): void {
  tasks.push(task);
}

/** Does all that was added, at most two seconds long; a failure is nobody's any more. */
export async function finishBeforeExit(): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, WITHIN_MS).unref());
  await Promise.race([Promise.allSettled(tasks.map((task) => task())), late]);
}
