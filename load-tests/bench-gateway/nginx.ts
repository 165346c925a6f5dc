import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Server {
  readonly folder: string;
  readonly port: number;
  /** What stands between `server {` and its end. */
  readonly routes: string;
  readonly upstreamPort?: number;
}

/** Writes the configuration of one nginx with one worker. @returns the words that start it in the foreground */
export async function nginxWords({ folder, port, routes, upstreamPort }: Server): Promise<string[]> {
  const upstream =
    upstreamPort === undefined
      ? ''
      : `upstream service { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000; }`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, `nginx-${kind}`)};`,
  );
  const text = `daemon off;
master_process on;
worker_processes 1;
pid ${join(folder, `nginx-${port}.pid`)};
error_log stderr warn;
events { worker_connections 1024; }
http {
  ${temporary.join('\n  ')}
  access_log ${join(folder, `access-${port}.log`)} combined buffer=64k;
  default_type application/octet-stream;
  types { application/javascript js; application/json json; }
  sendfile on;
  keepalive_requests 1000000;
  ${upstream}
  server {
    listen 127.0.0.1:${port};
    ${routes}
  }
}
`;
  const path = join(folder, `nginx-${port}.conf`);
  await writeFile(path, text);
  return ['nginx', '-e', 'stderr', '-p', folder, '-c', path];
}
