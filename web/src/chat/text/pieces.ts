import { withLinks, type Piece } from "./links";

const LETTER = /[\p{L}\p{N}_]/u;

/** The pieces of a message: text, links, and the names of those whom it mentions. */
export function pieces(body: string, names: readonly string[]): Piece[] {
  const longest = [...new Set(names)].filter(Boolean).sort((a, b) => b.length - a.length);
  return withLinks(body).flatMap((piece) => (piece.kind === "text" ? withMentions(piece.text, longest) : [piece]));
}

function withMentions(text: string, names: readonly string[]): Piece[] {
  const found: Piece[] = [];
  let done = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const name = names.find((one) => text.startsWith(one, at + 1) && !LETTER.test(text.charAt(at + 1 + one.length)));
    if (name === undefined || at < done || LETTER.test(text.charAt(at - 1))) continue;
    if (at > done) found.push({ kind: "text", text: text.slice(done, at) });
    found.push({ kind: "mention", text: `@${name}` });
    done = at + 1 + name.length;
  }
  if (done < text.length) found.push({ kind: "text", text: text.slice(done) });
  return found;
}
