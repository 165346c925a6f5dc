// The first thing that runs on a fresh machine: plain JavaScript for whatever Node is there. It installs the packages, the project's own
// Node among them, and hands over to it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(
    `Campanella needs Node 20 or newer to install itself; this is ${process.version}. See https://nodejs.org`,
  );
  process.exit(1);
}

const installed = join(root, 'node_modules', '.package-lock.json');
const isStale = () =>
  !existsSync(installed) || statSync(installed).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs;
if (isStale()) {
  const logFile = join(root, '.campanella', 'logs', 'npm-install.log');
  mkdirSync(dirname(logFile), { recursive: true });
  console.log('installing packages (a minute or two the first time) …');
  const startedAt = Date.now();
  const log = openSync(logFile, 'w');
  // npm ci refuses lock files of which npm left out packages for other platforms; npm install keeps the locked versions.
  const result = spawnSync('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', log, log],
    shell: process.platform === 'win32',
  });
  if (result.error !== undefined || result.status !== 0) {
    const reason = result.error === undefined ? `status ${result.status}` : result.error.message;
    console.error(`npm install failed (${reason}); what it said is in ${logFile}`);
    process.exit(1);
  }
  console.log(`packages installed (${Math.round((Date.now() - startedAt) / 1000)} s)`);
}

const bin = join(root, 'node_modules', '.bin');
const handedOver = spawn(
  join(bin, 'node'),
  ['--no-warnings', join(root, 'sandbox', 'launch', 'src', 'main.ts'), ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  },
);
// Ctrl-C reaches the launcher by itself; a kill of npm or of this process does not. Both let it stop what it started.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => handedOver.kill('SIGTERM'));
handedOver.once('exit', (code) => process.exit(code ?? 1));
