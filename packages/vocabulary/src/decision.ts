/** A refusal names its rule in `kind` and carries the facts its caller needs. */
export interface Refusal {
  readonly kind: string;
}

/** What a rule answers: a value, or an expected "no". Faults and bugs are thrown instead. */
export type Decision<Value, No extends Refusal> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: No };

export function accept<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function refuse<No extends Refusal>(refusal: No): { readonly ok: false; readonly refusal: No } {
  return { ok: false, refusal };
}
