// Fails when a student's way into a game needs more script than a phone on bad Wi-Fi should load. Reads dist/.
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 200;
const manifestPath = "dist/.vite/manifest.json";
if (!existsSync(manifestPath)) {
  console.error("no dist: run `npm run build` first");
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));

/** All chunks that `key` loads at once. */
function collect(key, seen) {
  if (seen.has(key)) return;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) collect(next, seen);
}

function size(entries) {
  const seen = new Set();
  for (const key of entries) {
    if (!manifest[key]) {
      console.error(`${key} is not in the build`);
      process.exit(1);
    }
    collect(key, seen);
  }
  let bytes = 0;
  for (const key of seen) bytes += gzipSync(readFileSync(`dist/${manifest[key].file}`)).length;
  return bytes / 1000;
}

let over = false;
for (const [route, entries] of Object.entries({
  "join (/)": ["index.html", "src/landing/Landing.tsx"],
  "join and play (/ then /play)": ["index.html", "src/landing/Landing.tsx", "src/play/Play.tsx"],
})) {
  const kb = size(entries);
  over ||= kb > LIMIT_KB;
  console.log(`${route}: ${kb.toFixed(1)} KB of script, gzipped (limit ${LIMIT_KB})`);
}
process.exit(over ? 1 : 0);
