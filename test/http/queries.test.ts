import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, startSampleApi, type SampleApi } from "./sample-api.js";

interface ParcelPage {
  readonly nodes: readonly { id: string }[];
  readonly edges: readonly { cursor: string }[];
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
}

describe("queries", () => {
  let api: SampleApi;
  beforeAll(async () => { api = await startSampleApi(); });
  afterAll(() => api.close());
  afterEach(() => {
    for (const node of api.nodes) Object.assign(node, { healthy: true, reachedAnswer: true, waits: [] });
  });

  const page = async (args: string): Promise<{ ids: string[]; pageInfo: ParcelPage["pageInfo"] }> => {
    const answer = await ask(api, `{ parcels(${args}) { nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`);
    expect(answer.errors).toBeUndefined();
    const { nodes, edges, pageInfo } = answer.data?.parcels as ParcelPage;
    expect([edges[0]?.cursor, edges.at(-1)?.cursor]).toEqual([pageInfo.startCursor, pageInfo.endCursor]);
    return { ids: nodes.map(({ id }) => id.slice("parcel_".length)), pageInfo };
  };

  it("goes through a list forward, page by page", async () => {
    const first = await page("first: 3");
    expect([first.ids, first.pageInfo.hasNextPage, first.pageInfo.hasPreviousPage]).toEqual([["0", "1", "2"], true, false]);
    const second = await page(`first: 4, after: "${first.pageInfo.endCursor}"`);
    expect([second.ids, second.pageInfo.hasNextPage, second.pageInfo.hasPreviousPage]).toEqual([["3", "4", "5", "6"], false, true]);
  });

  it("goes through it backward, in the list's own order", async () => {
    const last = await page("last: 3");
    expect([last.ids, last.pageInfo.hasNextPage, last.pageInfo.hasPreviousPage]).toEqual([["4", "5", "6"], false, true]);
    const before = await page(`last: 2, before: "${last.pageInfo.startCursor}"`);
    expect([before.ids, before.pageInfo.hasNextPage, before.pageInfo.hasPreviousPage]).toEqual([["2", "3"], true, true]);
  });

  it("reads the children of a list in one batch", async () => {
    const answer = await ask(api, "{ parcels(first: 3) { nodes { weight } } }");
    expect(answer.data?.parcels).toEqual({ nodes: [0, 1, 2].map((number) => ({ weight: `${String(number)} in batch 1 of 3` })) });
  });

  it("waits for a position, bounded", async () => {
    const answer = await ask(api, "{ parcel(id: \"parcel_1\", position: \"17\") { id } }");
    expect([answer.data, answer.extensions?.stale]).toEqual([{ parcel: { id: "parcel_1" } }, undefined]);
    expect(api.nodes.flatMap(({ waits }) => waits)).toEqual([{ position: "17", projections: ["parcel"], timeoutMs: 2_000 }]);
  });

  it("says that it is stale where the node was not there in time", async () => {
    for (const node of api.nodes) node.reachedAnswer = false;
    const answer = await ask(api, "{ parcel(id: \"parcel_1\", position: \"17\") { id } }");
    expect(answer.data).toEqual({ parcel: { id: "parcel_1" } });
    expect(answer.extensions).toMatchObject({ stale: true, position: "17" });
  });

  it("tells the lag of its node, and asks the node for it once a second at most", async () => {
    const before = api.nodes.map(({ lagCalls }) => lagCalls);
    for (let times = 0; times < 20; times += 1) await ask(api, "{ parcel(id: \"parcel_1\") { id } }");
    const answer = await ask(api, "{ parcel(id: \"parcel_1\") { id } }");
    expect(answer.extensions?.lag).toMatchObject({ projections: [{ projection: "parcel", events: 3, milliseconds: 12 }] });
    api.nodes.forEach(({ lagCalls }, place) => { expect(lagCalls - (before[place] ?? 0)).toBeLessThanOrEqual(2); });
  });

  it("uses the nodes in turn, the healthy one alone, and says so when there is none", async () => {
    const used = async (): Promise<unknown> => (await ask(api, "{ parcel(id: \"parcel_1\") { id } }")).extensions?.lag;
    const both = [await used(), await used()];
    expect(both).toEqual(expect.arrayContaining([expect.objectContaining({ node: "node1" }), expect.objectContaining({ node: "node2" })]));
    Object.assign(api.nodes[0] ?? {}, { healthy: false });
    expect([await used(), await used()]).toEqual([expect.objectContaining({ node: "node2" }), expect.objectContaining({ node: "node2" })]);
    Object.assign(api.nodes[1] ?? {}, { healthy: false });
    const answer = await ask(api, "{ parcel(id: \"parcel_1\") { id } }");
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([503, "READ_UNAVAILABLE"]);
  });
});
