import { MultiBar, Presets, type SingleBar } from "cli-progress";

/** What a person sees while it runs; all of it on standard error, so that the summary stays clean. */
export interface Progress {
  say(line: string): void;
  /** @param total orders that will be placed, and in the end delivered */
  begin(total: number): void;
  show(placed: number, finished: number): void;
  /** Can be called twice. */
  end(): void;
}

const lineEveryMs = 5_000;

export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bars(stream) : plainLines((line) => { stream.write(`${line}\n`); });
}

function bars(stream: NodeJS.WriteStream): Progress {
  const multiBar = new MultiBar({
    stream, hideCursor: true, clearOnComplete: false, format: "{name} {bar} {value}/{total}  {duration_formatted}", gracefulExit: false,
  }, Presets.shades_classic);
  let placing: SingleBar | undefined;
  let arriving: SingleBar | undefined;
  return {
    say: (line) => { if (placing) multiBar.log(`${line}\n`); else stream.write(`${line}\n`); },
    begin(total) {
      placing = multiBar.create(total, 0, { name: "answered " });
      arriving = multiBar.create(total, 0, { name: "at an end" });
    },
    show(placed, finished) {
      placing?.update(placed);
      arriving?.update(finished);
    },
    end() {
      if (placing) multiBar.stop();
      placing = arriving = undefined;
    },
  };
}

function plainLines(say: (line: string) => void): Progress {
  let total = 0;
  let saidAtMs = performance.now();
  let last = "";
  return {
    say,
    begin(count) { total = count; },
    show(placed, finished) {
      const nowMs = performance.now();
      if (nowMs - saidAtMs < lineEveryMs) return;
      saidAtMs = nowMs;
      const line = `answered ${placed} of ${total}, ${finished} at an end`;
      if (line !== last) say(line);
      last = line;
    },
    end: () => undefined,
  };
}
