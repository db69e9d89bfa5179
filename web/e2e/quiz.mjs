// The quiz that the browser test plays. Its answers and explanations hold words that occur nowhere else, so that a leak
// shows as bytes: whatever a player received before the reveal is searched for them.

/** What must not reach a player before question `index` is revealed. */
export const canaries = [
  ["marlinspike-explains"],
  ["velquorne", "tessamund", "gribble-explains"],
  ["oxbow-explains"],
  ["halyard-explains"],
  ["fennel-explains"],
];

export const quiz = {
  title: "A game in real browsers",
  description: "",
  questions: [
    {
      kind: "single_choice",
      prompt: "Where does the filled orange end of the needle point?",
      image: { url: "/pictures/compass-rose.svg", alt: "A compass rose with a needle" },
      time_limit_s: 120,
      points: 1,
      explanation: "Between north and west (marlinspike-explains).",
      options: ["North-east", "North-west", "South-east", "South-west"].map((text) => ({ text, image: null })),
      correct: 1,
    },
    {
      kind: "typed",
      prompt: "Which password does the librarian whisper?",
      image: null,
      time_limit_s: 120,
      points: 1,
      explanation: "She is fond of old words (gribble-explains).",
      accepted: ["Larkspur", "Velquorne", "Tessamund"],
      match_case: false,
      match_accents: false,
    },
    {
      kind: "numeric",
      prompt: "What is 17 × 24?",
      image: null,
      time_limit_s: 120,
      points: 2,
      explanation: "17 × 24 = 17 × 20 + 17 × 4 (oxbow-explains).",
      value: 408,
      tolerance: 0,
      unit: "",
    },
    {
      kind: "multiple_choice",
      prompt: "Which of these numbers are prime?",
      image: null,
      time_limit_s: 120,
      points: 1,
      explanation: "9 = 3 × 3 and 15 = 3 × 5 (halyard-explains).",
      options: ["7", "9", "13", "15"].map((text) => ({ text, image: null })),
      correct: [0, 2],
    },
    {
      kind: "ordering",
      prompt: "Put these in order, the shortest first.",
      image: null,
      time_limit_s: 120,
      points: 1,
      explanation: "Ten millimetres make a centimetre (fennel-explains).",
      items: ["millimetre", "centimetre", "metre", "kilometre"],
    },
  ],
};

/** A right answer to each question, as a player gives it on the screen. */
export const right = [
  { choice: "North-west" },
  { text: "larkspur" },
  { number: "408" },
  { choices: ["7", "13"] },
  { order: ["millimetre", "centimetre", "metre", "kilometre"] },
];
