// Preloaded into a process (`node --import`), it makes the process's clock wrong by CLOCK_SHIFT_MS: a test cannot set the machine's.
const shift = Number(process.env["CLOCK_SHIFT_MS"] ?? 0);
const RightDate = globalThis.Date;

globalThis.Date = class Date extends RightDate {
  constructor(...parts) {
    if (parts.length === 0) super(RightDate.now() + shift);
    else super(...parts);
  }

  static now() {
    return RightDate.now() + shift;
  }
};
