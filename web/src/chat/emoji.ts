import type { Key } from "../words/words";

/** The emoji that the app offers, with their names. Others may be typed. */
export const EMOJI: readonly { emoji: string; name: Key }[] = [
  { emoji: "👍", name: "emoji.thumbs_up" },
  { emoji: "👎", name: "emoji.thumbs_down" },
  { emoji: "❤️", name: "emoji.heart" },
  { emoji: "😂", name: "emoji.joy" },
  { emoji: "🎉", name: "emoji.party" },
  { emoji: "🤔", name: "emoji.thinking" },
  { emoji: "😀", name: "emoji.grin" },
  { emoji: "😊", name: "emoji.smile" },
  { emoji: "😉", name: "emoji.wink" },
  { emoji: "😍", name: "emoji.heart_eyes" },
  { emoji: "😎", name: "emoji.cool" },
  { emoji: "🤩", name: "emoji.starry" },
  { emoji: "😅", name: "emoji.sweat" },
  { emoji: "🙃", name: "emoji.upside_down" },
  { emoji: "😮", name: "emoji.surprised" },
  { emoji: "😢", name: "emoji.sad" },
  { emoji: "😭", name: "emoji.crying" },
  { emoji: "😴", name: "emoji.sleeping" },
  { emoji: "🤯", name: "emoji.mind_blown" },
  { emoji: "🙈", name: "emoji.monkey" },
  { emoji: "👏", name: "emoji.clapping" },
  { emoji: "🙏", name: "emoji.thanks" },
  { emoji: "👋", name: "emoji.waving" },
  { emoji: "💪", name: "emoji.strong" },
  { emoji: "🙌", name: "emoji.hooray" },
  { emoji: "👀", name: "emoji.eyes" },
  { emoji: "✅", name: "emoji.done" },
  { emoji: "❌", name: "emoji.no" },
  { emoji: "❓", name: "emoji.question" },
  { emoji: "❗", name: "emoji.exclamation" },
  { emoji: "💯", name: "emoji.hundred" },
  { emoji: "⭐", name: "emoji.star" },
  { emoji: "🔥", name: "emoji.fire" },
  { emoji: "💡", name: "emoji.idea" },
  { emoji: "📚", name: "emoji.books" },
  { emoji: "✏️", name: "emoji.pencil" },
  { emoji: "🧮", name: "emoji.abacus" },
  { emoji: "🔬", name: "emoji.microscope" },
  { emoji: "⚽", name: "emoji.football" },
  { emoji: "🍎", name: "emoji.apple" },
];

/** What is offered at once under a message. */
export const COMMON = EMOJI.slice(0, 6);

/** Whether a text is a single emoji, as far as a browser can tell; the server decides. */
export function isEmoji(text: string): boolean {
  if (text === "" || new TextEncoder().encode(text).length > 32 || /\s/.test(text)) return false;
  const clusters = typeof Intl.Segmenter === "function" ? [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].length : 1;
  return clusters === 1 && /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|^[0-9#*]\ufe0f?\u20e3$/u.test(text);
}
