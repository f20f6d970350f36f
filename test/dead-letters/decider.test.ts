import { describe, it } from "@jest/globals";
import { deadLetterDecider, type DeadLetterCommand } from "../../src/commands/operations/dead-letter.decider.js";
import { specification } from "../support/specification.js";

const place = { deadLetterId: "l1", server: "primary", queue: "payments.charge", jobId: "j1" } as const;
const redrive: DeadLetterCommand = { type: "Redrive", ...place };
const discard: DeadLetterCommand = { type: "Discard", reason: "a test order", ...place };
const redriven = { type: "DeadLetterRedriven", ...place } as const;
const discarded = { type: "DeadLetterDiscarded", reason: "a test order", ...place } as const;
const given = specification(deadLetterDecider);

describe("a dead letter", () => {
  it("is put back", () => { given().when(redrive).then(redriven); });
  it("is put back once", () => { given(redriven).when(redrive).thenNothing(); });
  it("is thrown away with a reason", () => { given().when(discard).then(discarded); });
  it("is thrown away once", () => { given(discarded).when({ ...discard, reason: "another" }).thenNothing(); });
  it("is not thrown away without one", () => { given().when({ ...discard, reason: "\t " }).refuses("NO_REASON"); });
  it("is not put back when it was thrown away", () => { given(discarded).when(redrive).refuses("DEAD_LETTER_GONE"); });
  it("is not thrown away when it was put back", () => { given(redriven).when(discard).refuses("DEAD_LETTER_GONE"); });
});
