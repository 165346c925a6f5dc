import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

// What the gateway is measured beside: the same Express and the same http-proxy-middleware, and nothing else.
const { PORT, UPSTREAM_URL = '' } = process.env;
const app = express();
app.use(createProxyMiddleware({ target: UPSTREAM_URL, agent: new Agent({ keepAlive: true }) }));
const server = app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
