import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { SIZES, type Size } from './browser.ts';
import { ROOT } from './config.ts';
import { busiestTerminal } from './run.ts';
import { enterSignInState, SIGN_IN_STATES } from './sign-in-states.ts';
import { openStage, type Stage } from './stage.ts';
import { enterState, STATES } from './states.ts';

const HELP = `Pictures of every page of the running platform, in phone and desktop width.

  npm run screenshots [-- --out <folder>] [--only <part of a name>]

The platform is the one of CAMPANELLA_RUN, or of .campanella/run.json. Pictures go to .campanella/screenshots.`;

const { values } = parseArgs({
  options: { out: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});

async function photographPortal(stage: Stage, folder: string, size: Size, only: string): Promise<void> {
  for (const state of STATES.filter(({ name }) => name.includes(only))) {
    const page = state.username === null ? await stage.visitor(size) : await stage.guardian(state.username, size);
    await enterState(page, stage.run.gatewayUrl, state);
    const path = `${folder}/${state.name}.${size}.png`;
    await page.screenshot({ path, fullPage: state.name !== 'refusal' });
    console.log(path);
    await page.close();
  }
}

async function photographSignIn(stage: Stage, folder: string, size: Size, only: string): Promise<void> {
  for (const state of SIGN_IN_STATES.filter(({ name }) => name.includes(only))) {
    const page = await stage.visitor(size);
    await enterSignInState(page, stage.run.gatewayUrl, state);
    const path = `${folder}/${state.name}.${size}.png`;
    await page.screenshot({ path, fullPage: (await page.getByRole('dialog').count()) === 0 });
    console.log(path);
    await page.close();
  }
}

async function photographScreen(stage: Stage, folder: string, size: Size): Promise<void> {
  const page = await stage.visitor(size);
  await page.goto(busiestTerminal(stage.run).terminal.screenUrl);
  await page.locator('#line').filter({ hasText: /\S/ }).waitFor();
  const path = `${folder}/canteen-screen.${size}.png`;
  await page.screenshot({ path });
  console.log(path);
  await page.close();
}

if (values.help === true) console.log(HELP);
else {
  const folder = values.out ?? `${ROOT}.campanella/screenshots`;
  await mkdir(folder, { recursive: true });
  const stage = await openStage(process.env);
  try {
    for (const size of Object.keys(SIZES).filter((name): name is Size => name in SIZES)) {
      await photographPortal(stage, folder, size, values.only ?? '');
      await photographSignIn(stage, folder, size, values.only ?? '');
      if ('canteen-screen'.includes(values.only ?? '')) await photographScreen(stage, folder, size);
    }
  } finally {
    await stage.close();
  }
}
