import type { WebSocket } from "ws";

export interface SendLimits {
  /** A message that is larger closes the socket. */
  readonly messageBytesMax: number;
  /** What may lie here because its reader does not fetch it; with the last message on top. */
  readonly bufferBytesMax: number;
}

const policyViolation = 1008;
const messageTooBig = 1009;
/** A reader who does not fetch the goodbye either is hung up on, and what lies here is freed. */
const goodbyeMs = 2_000;

/**
 * Sends on a socket so that no reader can make this process hold more than the bounds. Resolves when the data has
 * left: a slow reader slows its own subscriptions and nobody else's.
 * @param onSlow told when a reader was so slow that it is hung up on
 */
export function boundedSend(socket: WebSocket, { messageBytesMax, bufferBytesMax }: SendLimits, onSlow: () => void): (data: string) => Promise<void> {
  const hangUp = (code: number, reason: string): void => {
    socket.close(code, reason);
    const timer = setTimeout(() => { socket.terminate(); }, goodbyeMs);
    socket.once("close", () => { clearTimeout(timer); });
  };
  return (data) => new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else if (socket.bufferedAmount > bufferBytesMax) {
      onSlow();
      hangUp(policyViolation, "Read faster: too much lies here for this socket.");
      resolve();
    } else if (Buffer.byteLength(data) > messageBytesMax) {
      hangUp(messageTooBig, "RESPONSE_TOO_LARGE: ask for shorter lists or fewer fields.");
      resolve();
    } else socket.send(data, (error) => { if (error) reject(error); else resolve(); });
  });
}
