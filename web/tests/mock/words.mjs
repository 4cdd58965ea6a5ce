// SPDX-License-Identifier: 0BSD
// Scripted words: always the same for the same seed, some of them hostile, so that a page that reads a story as markup is caught.
const sentences = [
  "It was not locked. The hinges moved without a sound, as if somebody had oiled them that very morning.",
  "\"Open it,\" said the voice behind the wood, and it was his own voice, only younger.",
  "The tide went out and did not come back, and for the first time he could see how deep the stairs went.",
  "He counted the steps as he climbed down, and when he had counted four hundred he began again.",
  "On the other side there was a kitchen, and on the stove a pot was boiling over.",
  "She had always known that the sea kept its promises; it was people who forgot them.",
  "A small grey cat sat on the last step and looked at him as one looks at a guest who is late.",
  "\"You are early,\" it said.\n\"I did not know that I was expected,\" said the keeper.",
  "The lamp above him went out, and far off a ship began to call.",
  "Nobody in the village would speak of it, and so everybody knew.",
  "He thought of the letter in his coat, which he had never opened, and his hand went to it.",
  "Then the wind turned, and it smelled of bread.",
];

const hostile = ["<img src=x onerror=\"window.hacked=1\"> was what the sign said.", "<script>window.hacked=1</script> he read aloud."];

/** A generator of numbers in [0, 1) from a seed: mulberry32. */
export function numbers(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What a candidate says, in pieces of about a token each. */
export function piecesOf(seed, mostTokens, isHostile) {
  const next = numbers(seed);
  let text = "";
  const count = mostTokens <= 24 ? 1 : 2;
  for (let i = 0; i < count; ++i) text += " " + sentences[Math.floor(next() * sentences.length)];
  if (isHostile) text += " " + hostile[Math.floor(next() * hostile.length)];
  return text.match(/\s*\S{1,5}/g) ?? [text];
}
