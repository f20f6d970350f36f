/** What has happened so far; counted by the buyers themselves. */
export class SaleBoard {
  arrived = 0;
  repeatedClicks = 0;
  admitted = 0;
  reserved = 0;
  ordered = 0;
  soldOut = 0;
  /** Who let a pass or a reservation run out. */
  gaveUp = 0;
  /** Other refusals and failures, by code: there should be none. */
  readonly others = new Map<string, number>();
  /** The shop's own counters, as it told them live. */
  stock: { readonly allocation: number; readonly left: number; readonly held: number; readonly sold: number } | null = null;

  constructor(readonly buyers: number) {}

  /** Who was not let in yet and was not told that it is over. */
  get waiting(): number {
    return Math.max(0, this.arrived - this.admitted - this.soldOut);
  }

  other(code: string): void {
    this.others.set(code, (this.others.get(code) ?? 0) + 1);
  }
}

const barWidth = 24;

/** The picture of a moment, line by line. */
export function drawBoard(board: SaleBoard, elapsedSeconds: number): readonly string[] {
  const { stock, buyers } = board;
  const row = (name: string, value: number, of: number): string => `  ${name.padEnd(11)}${bar(value, of)} ${String(value).padStart(5)}`;
  const units = stock ?? { allocation: 0, left: 0, held: 0, sold: 0 };
  return [
    `  ${elapsedSeconds.toFixed(1)} s`,
    row("arrived", board.arrived, buyers),
    row("waiting", board.waiting, buyers),
    row("admitted", board.admitted, buyers),
    row("ordered", board.ordered, buyers),
    row("sold out", board.soldOut, buyers),
    "",
    row("stock left", units.left, units.allocation),
    row("held", units.held, units.allocation),
    row("sold", units.sold, units.allocation),
  ];
}

/** The same in one line, for a log. */
export function boardLine(board: SaleBoard, elapsedSeconds: number): string {
  const { stock, arrived, waiting, admitted, ordered, soldOut } = board;
  const units = stock ? `, stock left ${stock.left} held ${stock.held} sold ${stock.sold}` : "";
  return `${elapsedSeconds.toFixed(0).padStart(3)} s  arrived ${arrived}, waiting ${waiting}, admitted ${admitted}, ordered ${ordered}, sold out ${soldOut}${units}`;
}

function bar(value: number, of: number): string {
  const filled = of === 0 ? 0 : Math.min(barWidth, Math.ceil((value / of) * barWidth));
  return "█".repeat(filled) + "░".repeat(barWidth - filled);
}

/** Draws over itself on a terminal, and says a line a second elsewhere. Ends with the last picture. */
export class BoardScreen {
  readonly #timer: NodeJS.Timeout;
  readonly #startedMs = performance.now();
  #drawn = 0;

  constructor(private readonly board: SaleBoard, private readonly stream: NodeJS.WriteStream) {
    this.#timer = setInterval(() => { this.#draw(); }, stream.isTTY ? 200 : 1_000);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#draw();
  }

  #draw(): void {
    const elapsedSeconds = (performance.now() - this.#startedMs) / 1_000;
    if (!this.stream.isTTY) {
      this.stream.write(`${boardLine(this.board, elapsedSeconds)}\n`);
      return;
    }
    const lines = drawBoard(this.board, elapsedSeconds);
    const up = this.#drawn === 0 ? "" : `\u001b[${String(this.#drawn)}A`;
    this.stream.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join("")}`);
    this.#drawn = lines.length;
  }
}
