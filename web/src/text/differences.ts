// SPDX-License-Identifier: 0BSD
// Which words of two texts differ: the longest common subsequence of their words.

export interface Piece {
  text: string;
  isDifferent: boolean;
}

const mostWords = 1500; // a quadratic table stays under 10 MB

const wordsOf = (text: string): string[] => text.match(/\s+|[\p{L}\p{N}'’-]+|[^\s\p{L}\p{N}]/gu) ?? [];
const isSpace = (word: string) => /^\s+$/.test(word);
const folded = (word: string) => word.toLocaleLowerCase();

function joined(words: string[], isCommon: boolean[]): Piece[] {
  const pieces: Piece[] = [];
  words.forEach((text, i) => {
    const isDifferent = !isCommon[i] && !isSpace(text);
    const last = pieces[pieces.length - 1];
    if (last && (last.isDifferent === isDifferent || (last.isDifferent && isSpace(text) && i + 1 < words.length && !isCommon[i + 1])))
      last.text += text;
    else pieces.push({ text, isDifferent });
  });
  return pieces;
}

/** `text` in pieces, those marked that `other` has not at this place. Joined they are `text` again. */
export function differences(text: string, other: string): Piece[] {
  const a = wordsOf(text);
  const wordsA = a.map((word, at) => ({ word: folded(word), at })).filter((each) => !isSpace(each.word));
  const wordsB = wordsOf(other).filter((word) => !isSpace(word)).map(folded);
  if (wordsA.length > mostWords || wordsB.length > mostWords) return [{ text, isDifferent: false }];
  const width = wordsB.length + 1;
  const table = new Uint16Array((wordsA.length + 1) * width);
  for (let i = wordsA.length - 1; i >= 0; --i)
    for (let j = wordsB.length - 1; j >= 0; --j)
      table[i * width + j] = wordsA[i]!.word === wordsB[j]
        ? table[(i + 1) * width + j + 1]! + 1
        : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
  const isCommon = new Array<boolean>(a.length).fill(false);
  for (let i = 0, j = 0; i < wordsA.length && j < wordsB.length; ) {
    if (wordsA[i]!.word === wordsB[j]) {
      isCommon[wordsA[i]!.at] = true;
      ++i, ++j;
    } else if (table[(i + 1) * width + j]! >= table[i * width + j + 1]!) ++i;
    else ++j;
  }
  return joined(a, isCommon);
}
