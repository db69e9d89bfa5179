/** A piece of a message's text. A link's `href` is what the browser goes to, `text` what was written. */
export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string } | { kind: "mention"; text: string };

// Marks that turn the direction of writing would make an address read as another one.
const CANDIDATE = /\bhttps?:\/\/[^\s<>"'`“”‘’«»\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const TRAILING = /[.,;:!?…]+$/u;
const BRACKETS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Finds addresses that begin with http:// or https://. Nothing else becomes a link, whatever it looks like. */
export function withLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const written = trimmed(match[0]);
    const href = target(written);
    if (href === null) continue;
    if (match.index > done) pieces.push({ kind: "text", text: text.slice(done, match.index) });
    pieces.push({ kind: "link", text: written, href });
    done = match.index + written.length;
  }
  if (done < text.length) pieces.push({ kind: "text", text: text.slice(done) });
  return pieces;
}

/** Without the punctuation of the sentence around it. */
function trimmed(address: string): string {
  let text = address;
  for (;;) {
    const before = text;
    text = text.replace(TRAILING, "");
    const last = text.charAt(text.length - 1);
    const opening = BRACKETS[last];
    if (opening !== undefined && count(text, last) > count(text, opening)) text = text.slice(0, -1);
    if (text === before) return text;
  }
}

const count = (text: string, letter: string): number => text.split(letter).length - 1;

/** Where an address leads; null for what is none. A name before the host only makes it look like another one. */
function target(address: string): string | null {
  try {
    const url = new URL(address);
    const fits = (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "" && url.username === "" && url.password === "";
    return fits ? url.href : null;
  } catch {
    return null;
  }
}
