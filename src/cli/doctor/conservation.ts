import { setTimeout as pause } from "node:timers/promises";
import { examineAnswers, examineStreams } from "./check-answers.js";
import { examineCalls } from "./check-calls.js";
import { examineInvoices } from "./check-invoices.js";
import { examineOrders } from "./check-orders.js";
import { examinePayments } from "./check-payments.js";
import { examineReservations } from "./check-reservations.js";
import { examineRooms } from "./check-rooms.js";
import { examineSales } from "./check-sales.js";
import { examineShipments } from "./check-shipments.js";
import { examineStock } from "./check-stock.js";
import { examineUnits } from "./check-units.js";
import { seenTwice, type Examined } from "./finding.js";
import { inSnapshot } from "./snapshot.js";

/**
 * All that must hold in the primary. Everything is read in one snapshot, and whatever belongs together was written
 * in one transaction, so that nothing in flight looks wrong. Still, only what a second look sees again is told.
 */
export async function examineConservation(primaryUrl: string, lookAgainAfterMs: number): Promise<Examined[]> {
  const first = await look(primaryUrl);
  if (first.every(({ problems }) => problems.length === 0)) return first;
  await pause(lookAgainAfterMs);
  return seenTwice(first, await look(primaryUrl));
}

async function look(primaryUrl: string): Promise<Examined[]> {
  return inSnapshot(primaryUrl, async (client) => [
    await examineAnswers(client),
    await examineStreams(client),
    ...await examineOrders(client),
    await examineStock(client),
    ...await examineUnits(client),
    ...await examineSales(client),
    ...await examineReservations(client),
    ...await examineRooms(client),
    await examinePayments(client),
    ...await examineInvoices(client),
    ...await examineShipments(client),
    await examineCalls(client),
  ]);
}
