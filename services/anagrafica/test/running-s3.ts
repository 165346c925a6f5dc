import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An S3-speaking server on loopback with one bucket. */
export interface RunningS3 {
  /** What a process needs in its environment to keep documents there. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

interface S3Server {
  run(): Promise<unknown>;
  close(): Promise<void>;
}

const BUCKET = 'campanella-documents';

/** Starts the server. */
export async function runS3(port: number): Promise<RunningS3> {
  // It has no types of its own.
  const Server: new (options: object) => S3Server = createRequire(import.meta.url)('s3rver');
  const directory = await mkdtemp(join(tmpdir(), 'campanella-s3-'));
  const server = new Server({
    ...{ port, address: '127.0.0.1', silent: true, directory },
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  await server.run();
  return {
    environment: {
      DOCUMENT_STORE_URL: `s3://${BUCKET}?${new URLSearchParams({ region: 'eu-south-1', endpoint: `http://127.0.0.1:${port}` })}`,
      // The only ones that this server takes.
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
    },
    async close() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}
