import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import type { Passwords } from '../app/ports.ts';

/**
 * argon2id with 64 MiB, 3 passes, 1 lane: the second choice of RFC 9106 (section 4) for machines that have memory for other work too.
 * `algorithm` is left at the library's default, which is argon2id; the hash itself says so.
 */
const COST = { memoryCost: 64 * 1024, timeCost: 3, parallelism: 1 };

/** Passwords by argon2id. At most as many at once as there are cores: the rest wait, and memory stays bounded. */
export async function argon2Passwords(): Promise<Passwords> {
  const bounded = pLimit(availableParallelism());
  // Hashed once at the start: what is checked for an account that does not exist.
  const nobody = await hash(crypto.randomUUID(), COST);
  return {
    hash: (password) => bounded(() => hash(password, COST)),
    verify: async (passwordHash, password) => {
      const isRight = await bounded(() => verify(passwordHash ?? nobody, password));
      return passwordHash !== null && isRight;
    },
  };
}
