import { eventually } from '@campanella/testkit';

/** Waits until an assertion holds, for at most so long; then fails with what it said last. */
export async function until(assertion: () => unknown, withinMs: number): Promise<void> {
  await eventually(
    async () => {
      await assertion();
      return true;
    },
    { withinMs },
  );
}
