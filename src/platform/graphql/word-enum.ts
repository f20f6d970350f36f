import { registerEnumType } from "type-graphql";

type WordEnum<Word extends string> = { readonly [Each in Word]: Each };

const known = new Map<string, WordEnum<string>>();

/**
 * A closed set of words as an enum of the schema. The same name gives the same enum, so that commands and
 * queries, which must not import each other, can both show it.
 * @param words a record, so that the compiler finds a word that is missing here: its value describes it
 */
export function wordEnum<Word extends string>(name: string, words: Readonly<Record<Word, string | null>>): WordEnum<Word> {
  const before = known.get(name);
  const wanted = Object.keys(words);
  if (before) {
    if (Object.keys(before).join() !== wanted.join()) throw new Error(`the enum ${name} is defined twice, with other words`);
    return before;
  }
  const made = Object.fromEntries(wanted.map((word) => [word, word])) as WordEnum<Word>;
  known.set(name, made);
  const described = Object.entries<string | null>(words).flatMap(([word, description]) => (description === null ? [] : [[word, { description }] as const]));
  registerEnumType<WordEnum<string>>(made, { name, valuesConfig: Object.fromEntries(described) });
  return made;
}
