import type { FastifyInstance } from "fastify";
import type { RuruClientConfig } from "ruru/server";

export interface GraphiqlOptions {
  /** What stands in the editor at first. */
  readonly query?: string;
  /** Headers at first, e.g. a demo token's `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

const staticPath = "/graphiql/static/";

/** GraphiQL from its package: nothing is loaded from elsewhere, so it works without a network. */
export async function graphiqlRoutes(app: FastifyInstance, { query, headers }: GraphiqlOptions): Promise<void> {
  const [ruru, { getStaticFile }] = await Promise.all([import("ruru/server"), import("ruru/static")]);
  const clientConfig: Partial<RuruClientConfig> = {
    isHeadersEditorEnabled: true, showPersistHeadersSettings: true,
    ...(query === undefined ? {} : { defaultQuery: query }),
    ...(headers === undefined ? {} : { initialHeaders: JSON.stringify(headers, null, 2) }),
  };
  const page = ruru.ruruHTML({
    endpoint: "/graphql", subscriptionEndpoint: "/graphql", staticPath,
    // All of it is optional; its types lose that where GraphiQL's own types are not installed.
    clientConfig: clientConfig as RuruClientConfig,
    htmlParts: { titleTag: "<title>Millrace GraphiQL</title>" },
  });
  app.get("/graphiql", (_request, reply) => reply.type("text/html; charset=utf-8").send(page));
  app.get(`${staticPath}*`, async (request, reply) => {
    const file = await getStaticFile({ staticPath, urlPath: request.url, acceptEncoding: request.headers["accept-encoding"], disallowDevAssets: true });
    if (!file) {
      reply.callNotFound();
      return reply;
    }
    return reply.headers(file.headers).header("cache-control", "public, max-age=3600").send(file.content);
  });
}
