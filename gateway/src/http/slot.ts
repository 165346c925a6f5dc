/** What requests and answers have in common. */
interface Exchange {
  readonly destroyed: boolean;
}

/** A fact about an exchange that one handler learns and a later one needs. */
export interface Slot<Value> {
  set(exchange: Exchange, value: Value): void;
  /** Undefined where it was not set. */
  of(exchange: Exchange): Value | undefined;
}

/**
 * Keeps a fact on the request or the answer itself, out of reach of whatever else uses its properties. A WeakMap would say the same, but V8 goes
 * through all entries of every WeakMap at each collection of young objects: a fifth of the gateway's time.
 */
export function slot<Value>(name: string): Slot<Value> {
  const key: unique symbol = Symbol(name);
  return {
    set: (exchange: Exchange & { [key]?: Value }, value) => {
      exchange[key] = value;
    },
    of: (exchange: Exchange & { readonly [key]?: Value }) => exchange[key],
  };
}
