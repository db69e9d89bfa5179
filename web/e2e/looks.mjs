// What a screen looks like and whether everybody can use it: pictures into `shots/`, and the accessibility rules of axe.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = join(import.meta.dirname, "shots");
await mkdir(shots, { recursive: true });

export const PHONE = { width: 360, height: 740 };
export const PROJECTOR = { width: 1920, height: 1080 };

/** Waits until what moves has arrived; endless animations (spinners) are not waited for. */
async function settled(page) {
  await page.evaluate(async () => {
    // Transitions to other colours begin with the frame that shows them.
    for (let frame = 0; frame < 2; frame += 1) await new Promise((done) => requestAnimationFrame(done));
    const finite = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    const patience = new Promise((done) => setTimeout(done, 3000));
    await Promise.race([Promise.allSettled(finite.map((one) => one.finished)), patience]);
  });
}

const ALL_RULES = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
/** Colours are all that the other theme changes. */
const COLOURS = { type: "rule", values: ["color-contrast"] };

async function serious(page, runOnly) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((only) => globalThis.axe.run(document, { runOnly: only, resultTypes: ["violations"] }), runOnly);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.html).slice(0, 3).join("\n    ")}`);
}

/** Takes the screen in light and dark, or one of them, and asserts that axe finds nothing serious and that nothing scrolls sideways. */
export async function inspect(page, name, themes = ["light", "dark"]) {
  const problems = [];
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`) });
    for (const violation of await serious(page, colorScheme === "light" ? ALL_RULES : COLOURS)) problems.push(`${colorScheme}: ${violation}`);
  }
  await page.emulateMedia({ colorScheme: null });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (overflow > 0) problems.push(`the page is ${overflow} px wider than the screen`);
  assert.deepEqual(problems, [], `screen "${name}"`);
}
