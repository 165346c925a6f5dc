import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** What of WCAG 2.1 A and AA a page violates, as far as a program can tell: each rule with the elements. */
export async function violationsOf(page: Page): Promise<{ readonly id: string; readonly html: readonly string[] }[]> {
  // The pages hold no frames: what axe does about them takes as long as all the rest.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  return violations.map(({ id, nodes }) => ({ id, html: nodes.map((node) => node.html) }));
}
