/** Words that nickname ideas are made of: one of each, at most 20 letters together. */
export const nameWords = {
  first: ["Swift", "Bright", "Brave", "Calm", "Clever", "Jolly", "Lucky", "Mighty", "Quick", "Sunny", "Witty", "Bold", "Merry", "Nimble", "Stellar", "Cosmic"],
  second: ["Otter", "Falcon", "Panda", "Comet", "Maple", "Heron", "Lynx", "Pixel", "Badger", "Rocket", "Tiger", "Walrus", "Puffin", "Gecko", "Koala", "Dolphin"],
} as const;
