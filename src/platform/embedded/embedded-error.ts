/** Why the embedded servers cannot run: one sentence that says what to do. */
export class EmbeddedError extends Error {
  override readonly name = "EmbeddedError";
  /** The last lines of the failed program's log; empty where no program failed. */
  readonly logTail: readonly string[];

  constructor(message: string, options: { readonly cause?: unknown; readonly logTail?: readonly string[] } = {}) {
    super(message, { cause: options.cause });
    this.logTail = options.logTail ?? [];
  }
}

/** The system's word, e.g. `ENOENT`. By shape, since an error of another realm (a test's sandbox) is no instance of this one's `Error`. */
export function errorCode(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What a failed file operation under the data directory means for the person at the keyboard; other errors stay as they are. */
export function directoryError(directory: string, error: unknown): unknown {
  const elsewhere = "set MILLRACE_DATA_DIR to another directory";
  switch (errorCode(error)) {
    case "ENOTDIR":
    case "EEXIST":
      return new EmbeddedError(`The data directory ${directory} cannot be made, because a part of this path is a file: ${elsewhere}.`, { cause: error });
    case "EACCES":
    case "EPERM":
      return new EmbeddedError(`The data directory ${directory} is not writable for this user: start as the user who owns it, or ${elsewhere}.`, { cause: error });
    case "EROFS":
      return readOnly(directory, error);
    case "ENOSPC":
    case "EDQUOT":
      return diskFull(directory, error);
    default:
      return error;
  }
}

export function diskFull(directory: string, cause?: unknown, logTail: readonly string[] = []): EmbeddedError {
  return new EmbeddedError(`The disk that holds ${directory} is full: free some space, or set MILLRACE_DATA_DIR to a directory on another disk.`, { cause, logTail });
}

function readOnly(directory: string, cause?: unknown, logTail: readonly string[] = []): EmbeddedError {
  return new EmbeddedError(`The data directory ${directory} is on a read-only file system: make it writable, or set MILLRACE_DATA_DIR to another directory.`, { cause, logTail });
}

/**
 * What the end of a server's log means.
 * @param attempt what failed, as the beginning of a sentence, e.g. `The primary's PostgreSQL did not start`
 */
export function serverFailure(attempt: string, directory: string, logFile: string, logTail: readonly string[]): EmbeddedError {
  const text = logTail.join("\n");
  if (/No space left on device|Disk quota exceeded/.test(text)) return diskFull(directory, undefined, logTail);
  if (text.includes("Read-only file system")) return readOnly(directory, undefined, logTail);
  if (/error while loading shared libraries|Library not loaded/.test(text)) {
    return new EmbeddedError(`${attempt}, because its libraries are not linked: run "npm rebuild" in the project, with install scripts allowed.`, { logTail });
  }
  const said = logTail.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? logTail.at(-1) ?? "it said nothing";
  return new EmbeddedError(`${attempt} (${said.trim()}): ${logFile} says more.`, { logTail });
}
