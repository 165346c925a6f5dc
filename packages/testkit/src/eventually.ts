const CHECK_EVERY_MS = 20;

/**
 * Waits for a condition, looking every 20 ms: never longer than it takes, never without a bound.
 *
 * @param check answers the value waited for; null, undefined, false or a rejection means "not yet"
 * @throws Error when the time is over, caused by the last rejection
 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  options: { readonly withinMs: number },
): Promise<Exclude<Value, null | undefined | false>> {
  const deadline = Date.now() + options.withinMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await check();
      if (isThere(value)) return value;
    } catch (thrown) {
      cause = thrown;
    }
    if (Date.now() > deadline) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`the condition did not hold within ${options.withinMs} ms${reason}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, CHECK_EVERY_MS));
  }
}

function isThere<Value>(value: Value): value is Exclude<Value, null | undefined | false> {
  return value !== null && value !== undefined && value !== false;
}
