// Takes pictures of every gallery scene and of the pages around it, to be looked at.
// Needs `npm run dev` in another shell. Usage: node scripts/look.mjs <folder> [name part]
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const folder = process.argv[2] ?? "shots";
const only = process.argv[3] ?? "";
const base = process.env.LOOK_BASE ?? "http://localhost:5173";
const phone = { width: 360, height: 740 };
const laptop = { width: 1366, height: 768 };
const projector = { width: 1920, height: 1080 };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"],
});

const json = (body, status = 200) => ({ status, contentType: "application/json", body: JSON.stringify(body) });
const accounts = [
  { login: "teacher@demo.school", name: "Ms Rivera", role: "teacher" },
  { login: "maya@demo.school", name: "Maya Chen", role: "student" },
];

async function look(name, path, viewport, scheme, act) {
  if (!name.includes(only)) return;
  const context = await browser.newContext({ viewport, colorScheme: scheme });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && console.log(`${name}: ${message.text()}`));
  page.on("pageerror", (error) => console.log(`${name}: ${error.message}`));
  await page.route("**/api/v1/**", (route) => {
    const url = route.request().url();
    if (url.endsWith("/server")) return route.fulfill(json({ name: "Schoolbell", version: "0.1.0", demo: true, demo_accounts: accounts }));
    if (url.endsWith("/games/find")) {
      const known = route.request().postDataJSON().pin === "481926";
      return route.fulfill(known ? json({ game: "g1", title: "Capitals, rivers and mountains", phase: "lobby", locked: false, guests: true }) : json({ code: "game_not_found", detail: "no such game" }, 404));
    }
    return route.fulfill(json({ code: "not_found" }, 404));
  });
  await page.goto(base + path);
  await page.waitForLoadState("networkidle");
  await new Promise((done) => setTimeout(done, 900));
  if (act) await act(page);
  const size = `${viewport.width}x${viewport.height}`;
  await page.screenshot({ path: `${folder}/${name}-${size}-${scheme}.png` });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const tall = await page.evaluate(() => document.documentElement.scrollHeight - document.documentElement.clientHeight);
  if (wide > 0) console.log(`${name} ${size}: scrolls sideways by ${wide}px`);
  if (tall > 0 && /^(play|host)-/.test(name)) console.log(`${name} ${size}: scrolls down by ${tall}px`);
  await page.evaluate(axe);
  const faults = await page.evaluate(async () => (await window.axe.run()).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ").slice(0, 200)}`));
  for (const fault of faults) console.log(`${name} ${size} ${scheme}: axe ${fault}`);
  await context.close();
}

const scenes = [...readFileSync("src/gallery/fixtures.ts", "utf8").matchAll(/^ {2}"((?:play|host)-[\w-]+)"/gm)].map((m) => m[1]);
for (const kind of ["single", "six", "picture", "truefalse", "typed", "numeric", "ordering", "poll"]) {
  scenes.push(`play-${kind}`, `host-${kind}`);
  if (kind !== "picture") scenes.push(`host-reveal-${kind}`);
}
for (const name of scenes) {
  const sizes = name.startsWith("play") ? [phone] : [projector];
  for (const size of sizes) for (const scheme of ["light", "dark"]) await look(name, `/gallery/${name}`, size, scheme);
}
for (const name of ["host-lobby", "host-single", "host-six", "host-picture", "host-reveal-six", "host-board", "host-podium"]) {
  await look(name, `/gallery/${name}`, laptop, "light");
  await look(name, `/gallery/${name}`, { width: 1024, height: 768 }, "light");
  await look(name, `/gallery/${name}`, phone, "light");
}
for (const name of ["play-single", "play-six", "play-picture", "play-ordering", "play-numeric", "play-right"]) {
  await look(name, `/gallery/${name}`, { width: 320, height: 568 }, "light");
  await look(name, `/gallery/${name}`, laptop, "light");
}
await look("host-players", "/gallery/host-single", projector, "light", async (page) => {
  await page.keyboard.press("n");
  await new Promise((done) => setTimeout(done, 500));
});
for (const [scene, size, scheme] of [["lobby", projector, "light"], ["lobby", laptop, "dark"], ["lobby", phone, "light"], ["lobby", phone, "dark"], ["alone", laptop, "light"], ["cohost", phone, "light"]]) {
  await look(`host-cohosts-${scene}`, `/gallery/host-${scene}`, size, scheme, async (page) => {
    await page.keyboard.press("c");
    await new Promise((done) => setTimeout(done, 500));
  });
}
await look("host-keys", "/gallery/host-single", laptop, "dark", async (page) => {
  await page.keyboard.press("?");
  await new Promise((done) => setTimeout(done, 500));
});
for (const [size, scheme] of [[phone, "light"], [laptop, "dark"], [projector, "light"]]) {
  await look("landing", "/", size, scheme);
  await look("landing-name", "/join/481926", size, scheme);
  await look("landing-wrong", "/join/000000", size, scheme);
  await look("signin", "/signin", size, scheme);
  await look("notfound", "/nothing/here", size, scheme);
}
await browser.close();
