/** For what is no client: databases, Redis, the outside, logs, and the ears themselves. */
const ownFiles = 500;

/** Files that this process may have open at once; Infinity where the system does not say. Node has raised it as far as it may, when it started. */
export function openFilesMax(): number {
  const report = Object.assign(process.report, { excludeNetwork: true }); // else it looks up names
  const { userLimits } = report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
  const max = userLimits?.open_files?.soft;
  return typeof max === "number" ? max : Infinity;
}

/**
 * How many sockets can be open, whatever the settings allow: a socket that the system has no file for would be hung up on without a word.
 * @param warn told what to do where it is less than wanted
 */
export function socketsWithin(wanted: number, filesMax: number, warn: (line: string) => void): number {
  const possible = Math.max(1, filesMax - ownFiles);
  if (possible >= wanted) return wanted;
  warn(`This process may open ${String(filesMax)} files, so it takes ${String(possible)} WebSockets and not the ${String(wanted)} of LIVE_SOCKETS_MAX. `
    + `Allow it ${String(wanted + ownFiles)} files (\`ulimit -n\`, systemd's LimitNOFILE, Docker's --ulimit nofile).`);
  return possible;
}
