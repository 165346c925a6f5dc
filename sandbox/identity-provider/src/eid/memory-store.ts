import type { Adapter, AdapterPayload } from 'oidc-provider';

const ENTRIES_MAX = 50_000;

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/**
 * What one provider remembers of sign-ins, in memory: the oldest entry goes when there are too many. It outlives the oidc-provider
 * instance, which is made anew when keys rotate.
 */
export function memoryStore(): (model: string) => Adapter {
  const entries = new Map<string, Entry>();
  const alive = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    if (entry !== undefined && entry.expiresAtMs > Date.now()) return entry.payload;
    entries.delete(key);
    return undefined;
  };
  return (model) => {
    const search = (matches: (payload: AdapterPayload) => boolean) =>
      [...entries.keys()]
        .map((key) => (key.startsWith(`${model}:`) ? alive(key) : undefined))
        .find((payload) => payload && matches(payload));
    return {
      upsert: async (id, payload, expiresIn) => {
        const key = `${model}:${id}`;
        entries.delete(key);
        entries.set(key, { payload, expiresAtMs: expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000 });
        const [oldest] = entries.keys();
        if (entries.size > ENTRIES_MAX && oldest !== undefined) entries.delete(oldest);
      },
      find: async (id) => alive(`${model}:${id}`),
      findByUid: async (uid) => search((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => search((payload) => payload.userCode === userCode),
      consume: async (id) => {
        const payload = alive(`${model}:${id}`);
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => {
        entries.delete(`${model}:${id}`);
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of entries) {
          if (key.startsWith(`${model}:`) && payload.grantId === grantId) entries.delete(key);
        }
      },
    };
  };
}
