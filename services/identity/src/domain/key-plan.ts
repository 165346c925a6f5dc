/** When a key begins to be used. */
export interface KeyTimes {
  readonly kid: string;
  readonly activeFrom: Date;
}

/** How long keys live. */
export interface KeyPolicy {
  /** How long a key is used before the next one. */
  readonly lifetimeMs: number;
  /** How long a key is published at the least before it is used. */
  readonly leadMs: number;
  /** How long a key stays published after its successor took over; longer than anything it signed is valid. */
  readonly overlapMs: number;
}

/** What is to be done now so that there is a key in use and the next one is already published. */
export interface KeyPlan {
  readonly makeActiveFrom: readonly Date[];
  readonly drop: readonly string[];
}

/** The key to sign with: the latest whose time has come; null when there is none. */
export function keyInUse<Key extends KeyTimes>(keys: readonly Key[], now: Date): Key | null {
  const active = keys.filter((key) => key.activeFrom <= now).sort(byActiveFrom);
  return active.at(-1) ?? null;
}

/** Plans the rotation. Planning again after the plan is carried out changes nothing. */
export function planKeys(keys: readonly KeyTimes[], now: Date, policy: KeyPolicy): KeyPlan {
  const sorted = [...keys].sort(byActiveFrom);
  const current = keyInUse(sorted, now);
  const currentFrom = current?.activeFrom ?? now;
  const makeActiveFrom: Date[] = current === null ? [now] : [];
  if (!sorted.some((key) => key.activeFrom > now)) {
    makeActiveFrom.push(new Date(Math.max(currentFrom.getTime() + policy.lifetimeMs, now.getTime() + policy.leadMs)));
  }
  const drop = sorted.flatMap((key, index) => {
    const successor = sorted[index + 1];
    const over = successor !== undefined && successor.activeFrom.getTime() + policy.overlapMs < now.getTime();
    return over ? [key.kid] : [];
  });
  return { makeActiveFrom, drop };
}

function byActiveFrom(a: KeyTimes, b: KeyTimes): number {
  return a.activeFrom.getTime() - b.activeFrom.getTime();
}
