import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";
import type { Settings } from "../../platform/config/config.js";
import { seededRandom } from "../drill/random.js";
import { hello } from "../replay/replay.js";
import { mintOperatorToken, plainReason, shopUrl } from "../replay/run-replay.js";
import { ShopApi } from "../replay/shop-api.js";
import type { SaleDemoFlags } from "./demo-command.js";
import { BoardScreen, SaleBoard } from "./sale-board.js";
import { goShopping, somebody, type Shop } from "./sale-buyer.js";
import { setStage } from "./sale-stage.js";

/** Buyers that share a socket: the API lets one have a hundred operations. */
const buyersPerSocket = 80;
const requestsAtOnce = 200;
const giveUpMs = 30_000;
const subject = "demo";
const saleUpdates = "subscription DemoSale($saleId: ID!) { saleUpdates(saleId: $saleId) { allocation left held sold status } }";

interface SaleNews { readonly saleUpdates: { readonly allocation: number; readonly left: number; readonly held: number; readonly sold: number; readonly status: string } }

/** Plays a sale against the running shop. @returns the exit code: 0 where nothing was oversold, doubled, or refused without a reason */
export async function runSaleDemo(flags: SaleDemoFlags, settings: Settings): Promise<number> {
  const url = shopUrl(flags.url, settings);
  try {
    return await play(flags, url, flags.token ?? await mintOperatorToken(settings, subject));
  } catch (error) {
    const reason = plainReason(error, url);
    if (reason === null) throw error;
    console.error(reason);
    return 1;
  }
}

async function play({ buyers, units, rate, seconds, seed }: SaleDemoFlags, url: string, token: string): Promise<number> {
  const board = new SaleBoard(buyers);
  const api = new ShopApi({ url, token, concurrency: requestsAtOnce, onRepeat: () => undefined });
  const sockets = Array.from({ length: Math.ceil(buyers / buyersPerSocket) + 1 }, () => socketOf(url, token));
  const [saleSocket, ...buyerSockets] = sockets as [Client, ...Client[]];
  const patience = (): { giveUpAtMs: number } => ({ giveUpAtMs: performance.now() + giveUpMs });
  try {
    await hello(api);
    console.log(`${buyers} buyers want ${units} copper kettles, 29.00 instead of 89.00, one each; ${rate} are let in a second. (seed ${seed})`);
    const stage = await setStage(api, { run: Date.now().toString(36), buyers, units, ratePerSecond: rate, seconds }, patience);
    const watching = watchSale(saleSocket, stage.saleId, board);
    const screen = new BoardScreen(board, process.stdout);
    const chance = seededRandom(seed);
    await Promise.all(stage.customerIds.map(async (customerId, place) => {
      const live = buyerSockets[place % buyerSockets.length] ?? saleSocket;
      const shop: Shop = { api, live, stage, board, patience };
      await goShopping(shop, customerId, somebody(chance)).catch((error: unknown) => { board.other(error instanceof Error && "code" in error ? String(error.code) : String(error)); });
    }));
    screen.end();
    await saleSocket.dispose();
    await watching;
    return report(board, units);
  } finally {
    for (const socket of sockets) void socket.dispose();
    api.close();
  }
}

function socketOf(url: string, token: string): Client {
  return createClient({ url: `${url.replace(/^http/, "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${token}` }, onNonLazyError: () => undefined });
}

/** Keeps the board's stock as the shop tells it, until the socket is closed. */
async function watchSale(socket: Client, saleId: string, board: SaleBoard): Promise<void> {
  for await (const { data } of socket.iterate<SaleNews>({ query: saleUpdates, variables: { saleId } })) {
    if (data) board.stock = data.saleUpdates;
  }
}

function report(board: SaleBoard, units: number): number {
  const { ordered, soldOut, gaveUp, repeatedClicks, others } = board;
  const oversold = Math.max(0, ordered - units);
  console.log(`\n${ordered} ordered, ${soldOut} heard that it is sold out or over, ${gaveUp} let their pass or reservation run out, ${repeatedClicks} clicked twice and have one.`);
  console.log(`Oversold: ${oversold}.`);
  for (const [code, count] of others) console.log(`${code}: ${count}`);
  return oversold === 0 && others.size === 0 ? 0 : 1;
}
