/** What PDF's own fonts have beyond Latin-1 (WinAnsi). */
const beyondLatin1 = new Set("ƒ–—‘’‚“”„†‡•…€‰‹›ˆ™Œœ˜ŠšŸŽž");

/** Latin letters that are no base letter with a mark. */
const plainLetters: Readonly<Record<string, string>> = {
  ł: "l", Ł: "L", đ: "d", Đ: "D", ħ: "h", Ħ: "H", ı: "i", ŋ: "n", Ŋ: "N", ŧ: "t", Ŧ: "T", ĸ: "k", ẞ: "SS", "\u2212": "-", "\u2010": "-", "\u2011": "-", "\u202f": " ", "\u2009": " ",
};

/**
 * A text as PDF's own fonts can print it, which know Western Europe's letters only: other Latin letters lose their marks
 * (`Ș` is printed as `S`), and a character that has no Latin form is printed as `?`. Line breaks and controls become spaces.
 */
export function printable(text: string): string {
  return Array.from(text.normalize("NFC"), printableCharacter).join("").replace(/\s+/g, " ").trim();
}

function printableCharacter(character: string): string {
  if (isPrintable(character)) return character;
  if (/^\s$|^\p{Cc}$/u.test(character)) return " ";
  const plain = plainLetters[character] ?? character.normalize("NFKD").replace(/\p{M}/gu, "");
  const letters = Array.from(plain, (letter) => plainLetters[letter] ?? letter);
  // A mark or joiner that stands by itself shows nothing.
  if (/^[\p{M}\p{Cf}]*$/u.test(character)) return "";
  return letters.length > 0 && letters.every((letter) => Array.from(letter).every(isPrintable)) ? letters.join("") : "?";
}

function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xff && code !== 0xad) || beyondLatin1.has(character);
}
