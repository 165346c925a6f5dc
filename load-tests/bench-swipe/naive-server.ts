import { createServer } from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** Serves a naive part on GRPC_PORT, answers /ready on OPS_PORT, ends at SIGTERM. */
export async function serveNaive(addServices: (server: Server) => void): Promise<void> {
  const server = new Server();
  addServices(server);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${process.env['GRPC_PORT']}`, ServerCredentials.createInsecure(), (cause) =>
      cause === null ? resolve() : reject(cause),
    );
  });
  createServer((_request, response) => response.end()).listen(Number(process.env['OPS_PORT']), '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
}
