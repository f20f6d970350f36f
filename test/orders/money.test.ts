import { describe, it } from "@jest/globals";
import { allocated, cancel, cancelled, captured, forWantOfMoney, given, held, left, linesOff, orderId, pack, paid, pay, placed, sent, setAside, setMoneyAside, tea, totals } from "./order-story.js";
import type { OrderEvent } from "../../src/events/orders.js";

const again = { stock: [{ sku: "TEA", onHandDelta: 0, reservedDelta: 3, onHand: 5, reserved: 3, version: 2 }] };
const back = { type: "OrderReinstated", orderId, customerId: "c1", paymentId: "p1", lines: pack(3), owedMinor: totals.totalMinor, ...again } as const satisfies OrderEvent;
const unwanted = { type: "OrderPaymentUnwanted", orderId, paymentId: "p1" } as const satisfies OrderEvent;

describe("money that is only set aside", () => {
  it("makes the order paid, and is captured later, each once", () => {
    given(placed).when(setMoneyAside).then(setAside);
    given(placed, setAside).when(setMoneyAside).thenNothing();
    given(placed, setAside).when(pay).then(captured);
    given(placed, setAside, captured).when(pay).thenNothing();
    given(placed, setAside, allocated("s1", [tea(3)]), left("s1")).when(pay).then(captured);
  });
  it("says nothing where it was captured already", () => given(placed, paid).when(setMoneyAside).thenNothing());
  it("is captured also while the order waits", () => given(placed, setAside, held).when(pay).then(captured));
});

describe("a payment that was refused", () => {
  const declined = { type: "OrderPaymentDeclined", orderId, paymentId: "p1", code: "card_declined", payBefore: "2026-01-01T12:10:00.000Z" } as const satisfies OrderEvent;
  const note = { ...declined, type: "NoteDecline" } as const;
  it("leaves the order its units for a while", () => given(placed).when(note).then(declined));
  it("is nothing to an order that is paid or over", () => {
    given(placed, paid).when(note).thenNothing();
    given(placed, cancelled).when(note).thenNothing();
  });
  it("is followed by another attempt while the order waits for its money", () => {
    const retry = { type: "NoteRetry", orderId, paymentId: "p1", attempt: 2 } as const;
    given(placed, declined).when(retry).then({ ...retry, type: "OrderPaymentRetried" });
    given(placed, declined, paid).when(retry).thenNothing();
    given(placed, declined, cancelled).when(retry).thenNothing();
  });
  it("may be followed by another that succeeds", () => given(placed, declined).when(pay).then(paid));
});

describe("money for an order that was called off", () => {
  it("brings it back with its units where want of money was the cause", () => {
    given(placed, forWantOfMoney).when({ ...pay, again }).then(back);
    given(placed, { ...forWantOfMoney, cause: "payment" }).when({ ...pay, again, authorized: true }).then({ ...back, authorized: true });
    given(placed, forWantOfMoney, back).when(pay).thenNothing();
  });
  it("owes again only what was not called off line by line", () =>
    given(placed, linesOff([tea(1)], 107), { ...forWantOfMoney, revertedMinor: 413 }).when({ ...pay, again })
      .then({ ...back, lines: pack(2), owedMinor: 413 }));
  it("goes back where its units are gone", () => given(placed, forWantOfMoney).when(pay).then(unwanted));
  it("goes back where somebody called it off", () => {
    for (const cause of ["request", "hold"] as const) given(placed, { ...cancelled, cause }).when({ ...pay, again }).then(unwanted);
  });
  it("goes back once, and once more where it was only set aside and is taken all the same", () => {
    given(placed, cancelled).when(setMoneyAside).then({ ...unwanted, authorized: true });
    given(placed, cancelled, { ...unwanted, authorized: true }).when(setMoneyAside).thenNothing();
    given(placed, cancelled, { ...unwanted, authorized: true }).when(pay).then(unwanted);
    given(placed, cancelled, unwanted).when(pay).thenNothing();
  });
  it("that was paid before its calling off is not taken for new", () => {
    given(placed, paid, cancelled).when(pay).thenNothing();
    given(placed, setAside, forWantOfMoney).when({ ...pay, again }).then(unwanted);
  });
});

describe("what calling off reverts", () => {
  it("is the total less what was reverted before", () => {
    given(placed, paid).when(cancel).then({ ...cancelled, refundPaymentId: "p1" });
    given(placed, paid, linesOff([tea(1)], 107, { refundPaymentId: "p1", lines: pack(2), packing: 2 })).when(cancel)
      .then({ ...cancelled, revertedMinor: 413, refundPaymentId: "p1" });
  });
  it("names who or what called it off", () => {
    for (const cause of ["payment", "payment_deadline", "hold"] as const) given(placed).when({ ...cancel, cause }).then({ ...cancelled, cause });
  });
  it("is refused once a parcel has left", () => given(...sent).when(cancel).refuses("ORDER_NOT_CANCELLABLE"));
});
