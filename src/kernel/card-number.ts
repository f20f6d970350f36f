/** Whether the text holds 13 to 19 digits, as people and machines write them, whose last one is right (ISO/IEC 7812-1, annex B: Luhn). */
export function holdsCardNumber(text: string): boolean {
  const runs = text.match(/\d(?:[ \-.]?\d){12,}/g) ?? [];
  return runs.some((run) => holdsCard(run.split(/[ \-.]/)));
}

/** Other digits may stand beside a number, e.g. its expiry: whole groups are looked at, side by side, from each to each. */
function holdsCard(groups: readonly string[]): boolean {
  return groups.some((_, first) => {
    let digits = "";
    for (let next = first; next < groups.length && digits.length <= lengthMax; next += 1) {
      digits += groups[next] ?? "";
      if (digits.length >= lengthMin && digits.length <= lengthMax && isLuhn(digits)) return true;
    }
    return false;
  });
}

const lengthMin = 13;
const lengthMax = 19;

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
