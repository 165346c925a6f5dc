import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { DocumentStore } from '../app/fascicolo.ts';

/** Which bucket; credentials come the way the AWS SDK finds them (environment, file, role). */
export interface S3StoreOptions {
  readonly bucket: string;
  readonly region: string;
  /** Of an S3-speaking store that is not AWS; its buckets are asked for by path. */
  readonly endpoint: string | null;
}

/** Documents as objects of a bucket. */
export function s3Store({ bucket, region, endpoint }: S3StoreOptions): DocumentStore {
  const client = new S3Client({ region, ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }) });
  return {
    async write(key, bytes) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    },
    async read(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return Body === undefined ? null : Buffer.from(await Body.transformToByteArray());
      } catch (cause) {
        if (cause instanceof NoSuchKey) return null;
        throw cause;
      }
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}
