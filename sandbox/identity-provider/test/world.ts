import { fileURLToPath } from 'node:url';
import { freePort, type RunningPart, startProcess } from '@campanella/testkit';
import { type RelyingParty, startRelyingParty } from './relying-party.ts';

/** The stand-in as a process of its own, an onboarded relying party, and one that nobody onboarded. */
export interface World {
  readonly base: string;
  readonly control: string;
  readonly agid: string;
  readonly interno: string;
  readonly alfa: string;
  readonly cie: string;
  readonly party: RelyingParty;
  readonly stranger: RelyingParty;
  readonly process: RunningPart;
  close(): Promise<void>;
}

/** Starts everything on free ports. */
export async function startWorld(environment: Readonly<Record<string, string>> = {}): Promise<World> {
  const [port, ops, controlPort] = [await freePort(), await freePort(), await freePort()];
  const base = `http://127.0.0.1:${port}`;
  const anchors = [`${base}/agid`, `${base}/interno`];
  const [party, stranger] = await Promise.all([startRelyingParty(anchors), startRelyingParty(anchors)]);
  const process = await startProcess({
    entry: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
    environment: {
      HTTP_PORT: `${port}`,
      OPS_PORT: `${ops}`,
      CONTROL_PORT: `${controlPort}`,
      CLIENT_JWKS_URL: `${party.id}/jwks.json`,
      REDIRECT_URIS: `${party.id}/login/callback`,
      POST_LOGOUT_REDIRECT_URIS: `${party.id}/`,
      RELYING_PARTIES: party.id,
      ...environment,
    },
    readyUrl: `http://127.0.0.1:${ops}/ready`,
  });
  await party.takeTrustMarks();
  return {
    ...{ base, control: `http://127.0.0.1:${controlPort}`, agid: `${base}/agid`, interno: `${base}/interno` },
    ...{ alfa: `${base}/spid/alfa`, cie: `${base}/cie`, party, stranger, process },
    close: async () => {
      await process.kill('SIGTERM');
      await Promise.all([party.close(), stranger.close()]);
    },
  };
}
