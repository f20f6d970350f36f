import type { Logger } from "../../platform/log/logger.js";
import { DueQueue } from "../due-queue.js";
import { FaultSwitch } from "../faults.js";
import type { SimulatorAnswer, SimulatorRequest } from "../simulator-server.js";
import { BookingDesk } from "./booking-desk.js";
import { CallOrders, type CallOrder } from "./call-orders.js";
import { Carrier } from "./carrier.js";
import { CourierBooks } from "./courier-books.js";
import { CourierClock } from "./courier-clock.js";
import { courierControl, type CallCounts } from "./courier-control.js";
import { CourierDoor } from "./courier-door.js";
import { courierQuirksSchema, noCourierQuirks, type CourierQuirks } from "./courier-quirks.js";
import type { Parcel } from "./courier-records.js";
import { courierRoutes } from "./courier-routes.js";
import { CourierTeller } from "./courier-teller.js";
import type { CourierTotals } from "./courier-totals.js";
import { callKinds, type CallKind } from "./courier-trouble.js";
import { Episodes } from "./episodes.js";
import { dayMs, usualJourney, type JourneyTimes } from "./journey.js";
import { luckOf } from "./luck.js";
import { UnlabelledParcels } from "./unlabelled-parcels.js";
import type { CourierPersonality, Episode } from "./personality.js";

export interface CourierSimulatorOptions {
  readonly id: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Where it remembers, over kill and restart, its parcels and how far they came; without a file it forgets. */
  readonly dataFile?: string;
  /** Without an address webhooks wait for one. */
  readonly webhookUrl?: string;
  /** Base64, with or without `whsec_` before it (Standard Webhooks). */
  readonly webhookSecret: string;
  readonly apiKey: string;
  /** How many times faster than real its days pass: 20,000 makes one 4.3 seconds. */
  readonly speed: number;
  readonly logger: Logger;
  /** On top of the personality's own. */
  readonly quirks?: Partial<CourierQuirks>;
  /** What it asks, where it goes and how reliable it is; without one it speaks the contract's first version and delivers everything. */
  readonly personality?: CourierPersonality;
  /** The simulated time of its first start, milliseconds since 1970; now by default. */
  readonly beginsAtMs?: number;
  /**
   * Picks a parcel up only after its label was fetched, as nobody hands over what carries none: a label too many stays where it is, however fast
   * the days are. What was booked before a restart counts as fetched. False by default.
   */
  readonly awaitsLabel?: boolean;
  /** Makes each parcel's fate depend on nothing but this, the courier and the shipment. Without it `random` draws it. */
  readonly seed?: string;
  /** How long parcels take where there is no personality. */
  readonly times?: JourneyTimes;
  /** 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

export interface CourierSimulator {
  readonly id: string;
  readonly url: string;
  readonly port: number;
  books(): CourierTotals;
  parcels(): Iterable<Parcel>;
  calls(): CallCounts;
  /** Changes what is named, leaves the rest. @throws RangeError */
  setQuirks(change: Partial<CourierQuirks>): void;
  /** A fault for the next calls of a kind. @throws RangeError */
  orderFault(order: CallOrder): void;
  /** Puts these in the place of the personality's own. @throws RangeError */
  setEpisodes(episodes: readonly Episode[]): void;
  setWebhookUrl(url: string | undefined): void;
  /** All of them sign; two while one is being rotated. */
  setWebhookSecrets(secrets: readonly string[]): void;
  /** A request below `/_simulator/`, also while connections are refused. */
  control(request: SimulatorRequest): SimulatorAnswer;
  stop(): Promise<void>;
}

/** How often it is looked whether an episode has opened or closed the door. */
const doorEveryMs = 100;

/** A courier on the loopback interface that speaks `docs/courier-contract.md` and carries parcels by itself. */
export async function startCourierSimulator(options: CourierSimulatorOptions): Promise<CourierSimulator> {
  const { id, logger, personality, seed, speed, apiKey, random = Math.random, times = usualJourney } = options;
  const standing = new FaultSwitch<CourierQuirks>(courierQuirksSchema, noCourierQuirks);
  standing.set({ ...personality?.quirks, ...options.quirks });
  const books = new CourierBooks(options.dataFile);
  const now = { atMs: Date.now(), simulatedMs: options.beginsAtMs ?? Date.now() };
  const clock = new CourierClock(personality ? books.beginning(now) : now, speed);
  const episodes = new Episodes(personality?.episodes ?? [], clock);
  const quirks = (): CourierQuirks => episodes.quirks(standing.current, Date.now());
  const orders = new CallOrders();
  const counts = Object.fromEntries(callKinds.map((kind) => [kind, 0])) as Record<CallKind, number>;
  const teller = new CourierTeller({ url: options.webhookUrl, secrets: [options.webhookSecret], books, quirks, random, logger });
  const unlabelled = new UnlabelledParcels(options.awaitsLabel === true && personality !== undefined, sendOn);
  const roads = new DueQueue<Parcel>((parcel) => {
    const dueMs = nextScanMs(parcel, speed);
    // It was sent another way since: the entry of that way is in the queue as well.
    if (!travels(parcel) || dueMs === null || dueMs > Date.now() || unlabelled.holds(parcel)) return;
    teller.tell(books.scan(parcel, Date.now()), nextScanMs(parcel, speed));
    sendOn(parcel);
  });

  /** Only a parcel's next scan stands in the queue, so 30,000 parcels are 30,000 entries. */
  function sendOn(parcel: Parcel): void {
    const dueMs = nextScanMs(parcel, speed);
    if (dueMs !== null && travels(parcel)) roads.add(parcel, dueMs);
  }

  const carrier = personality ? new Carrier({
    personality, books, clock, episodes, secret: apiKey,
    luckFor: (shipmentId) => (seed === undefined ? random : luckOf(`${seed}/${id}/${shipmentId}`)),
  }) : null;
  const desk = new BookingDesk({
    id, books, quirks, random, times, carrier, speed, begin: (parcel) => { unlabelled.begin(parcel); }, labelled: (parcel) => { unlabelled.end(parcel); },
  });
  const routes = courierRoutes({ apiKey, books, desk, quirks, orders, random, counted: (kind) => { counts[kind] += 1; } });
  const control = courierControl({
    books, quirks: standing, orders, episodes, calls: () => counts, age: () => clock.age(Date.now()),
    see: (parcel, code, city) => { teller.tell(books.see(parcel, code, city, Date.now()), null); },
    changed: () => { watchDoor(); },
  });
  const door = await CourierDoor.open(
    options.port ?? 0, async (request) => (request.path.startsWith("/_simulator/") ? control(request) : routes(request)), logger,
  ).catch((error: unknown) => {
    teller.stop();
    books.close();
    throw error;
  });
  const watchDoor = (): void => { door.refuse(quirks().refuse); };
  const doorTimer = setInterval(watchDoor, doorEveryMs).unref();
  watchDoor();
  // What was under way before a kill goes on: first the news that was not told, then the roads.
  teller.resume();
  for (const parcel of books.parcels()) sendOn(parcel);
  return {
    id,
    url: door.url,
    port: door.port,
    books: () => books.totals(),
    parcels: () => books.parcels(),
    calls: () => ({ ...counts }),
    setQuirks: (change) => { standing.set(change); watchDoor(); },
    orderFault: (order) => { orders.add(order); },
    setEpisodes: (given) => { episodes.set(given); watchDoor(); },
    setWebhookUrl: (url) => { teller.setUrl(url); },
    setWebhookSecrets: (secrets) => { teller.setSecrets(secrets); },
    control,
    async stop() {
      clearInterval(doorTimer);
      roads.stop();
      teller.stop();
      await door.stop();
      books.close();
    },
  };
}

function travels({ state, carried }: Parcel): boolean {
  return state !== "cancelled" || carried;
}

/** When the parcel will be seen next; null at its journey's end. */
function nextScanMs({ booking, planned }: Parcel, speed: number): number | null {
  const step = booking.plan[planned];
  return step ? booking.bookedAtMs + (step.afterDays * dayMs) / speed : null;
}
