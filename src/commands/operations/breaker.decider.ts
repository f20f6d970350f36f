import { breakerDecider } from "../../kernel/breaker.js";
import { defineStream } from "../../kernel/decider.js";

/** One stream a neighbour. Its rules stand in the kernel, where a process that must decide alone finds them too. */
export const breakerStream = defineStream("breaker", breakerDecider);
