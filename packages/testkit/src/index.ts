export { freePort } from '@campanella/local-stores';
export { type Authority, type CertificateWishes, type IssuedCertificate, makeAuthority } from './certificates.ts';
export { eventually } from './eventually.ts';
export { type PartOptions, type RunningPart, startProcess } from './process.ts';
export { type RawAnswer, sendRaw } from './raw-http.ts';
export {
  type Borrowed,
  type PrivateStore,
  privateDatabase,
  privatePostgres,
  privateRabbit,
  privateRedis,
  privateVhost,
} from './stores.ts';
export { type TestIdentity, testIdentity } from './test-identity.ts';
