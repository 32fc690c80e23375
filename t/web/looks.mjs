// looks.mjs -- what can be checked of any page: usable with a screen reader, as wide as its window.
import { axeSource } from './browser.mjs';

const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };

/** What shows only under the pointer is looked at, too. */
const uncovered = '.frame-head * { visibility: visible !important } .pair-tools { opacity: 1 !important }';
/** What axe has to say, in lines; nothing when all is well. */
export async function violations(page) {
  await page.addStyleTag({ content: uncovered });
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource());
  const found = await page.evaluate(async (options) => (await window.axe.run(document, options)).violations, rules);
  return found.flatMap((v) =>
    v.nodes
      .slice(0, 3)
      .map((n) => `${v.id}: ${n.target.join(' ')} — ${n.failureSummary.split('\n').slice(1).join('; ').trim()}`),
  );
}
/** What is wider than its window. */
export const tooWide = (page) =>
  page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    return [...document.querySelectorAll('body *')]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 5)
      .map((e) => `${e.tagName}.${e.className}`);
  });
