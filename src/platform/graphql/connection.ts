import { ArgsType, Field, Int, ObjectType, type ClassType } from "type-graphql";
import { SystemError } from "../errors.js";
import { decodeCursor, encodeCursor, type CursorPart } from "./cursor.js";

/** The longest page; a client that wants more asks again with a cursor. */
export const pageSizeMax = 100;

@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, { nullable: true, description: "How many from the start, 1 to 100. Either `first` or `last` is needed." })
  first?: number | null;

  @Field(() => String, { nullable: true, description: "With `first`: begin after this cursor." })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: "How many from the end, 1 to 100." })
  last?: number | null;

  @Field(() => String, { nullable: true, description: "With `last`: end before this cursor." })
  before?: string | null;
}

/** What a list's SQL needs to know. */
export interface Page {
  /** Rows to show. Select one more: it tells whether there is a further page. */
  readonly limit: number;
  /** True where rows are read from the end: select in the reverse order. */
  readonly backward: boolean;
  /** The sort key after which to begin (in reading direction), one text a part. Null: from the very start. */
  readonly cursor: readonly string[] | null;
}

/**
 * @param shape the form of each part of the list's sort key
 * @throws SystemError BAD_USER_INPUT
 */
export function readPage({ first, after, last, before }: ConnectionArgs, shape: readonly CursorPart[]): Page {
  const forward = first !== undefined && first !== null;
  const backward = last !== undefined && last !== null;
  if (forward === backward) throw new SystemError("BAD_USER_INPUT", "Say how many: either `first` or `last`, not both.");
  if (forward ? before : after) throw new SystemError("BAD_USER_INPUT", "`first` goes with `after`, `last` goes with `before`.");
  const name = forward ? "first" : "last";
  const limit = (forward ? first : last) ?? 0;
  if (limit < 1 || limit > pageSizeMax) throw new SystemError("BAD_USER_INPUT", `${name}: must be 1 to ${String(pageSizeMax)}, found ${String(limit)}.`);
  const cursor = forward ? after : before;
  return { limit, backward, cursor: cursor ? decodeCursor(cursor, shape, forward ? "after" : "before") : null };
}

@ObjectType({ simpleResolvers: true, description: "Where a page stands in its list." })
export class PageInfo {
  @Field(() => Boolean) hasNextPage!: boolean;
  @Field(() => Boolean) hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true }) startCursor!: string | null;
  @Field(() => String, { nullable: true }) endCursor!: string | null;
}

export interface Edge<Node> {
  readonly node: Node;
  readonly cursor: string;
}

export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
}

/** The Relay types of a list, `<name>Connection` and `<name>Edge`; call it once a node type. */
export function connectionType<Node extends object>(name: string, node: () => ClassType<Node>): ClassType<Connection<Node>> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true })
  class EdgeOfNode implements Edge<Node> {
    @Field(node) node!: Node;
    @Field(() => String) cursor!: string;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true })
  class ConnectionOfNode implements Connection<Node> {
    @Field(() => [EdgeOfNode]) edges!: readonly EdgeOfNode[];
    @Field(() => [node()], { description: "The edges' nodes, for those who need no cursor of each." }) nodes!: readonly Node[];
    @Field(() => PageInfo) pageInfo!: PageInfo;
  }
  return ConnectionOfNode;
}

/**
 * A page from its rows. Cursors are written only where a query asks for them.
 * @param rows up to `limit + 1` rows, in reading direction
 * @param cursorOf the row's sort key, a text a part, in the form that `readPage` was told
 */
export function connectionOf<Row, Node>(
  rows: readonly Row[], page: Page, cursorOf: (row: Row) => readonly string[], nodeOf: (row: Row) => Node,
): Connection<Node> {
  const more = rows.length > page.limit;
  const shown = rows.slice(0, page.limit);
  if (page.backward) shown.reverse();
  const cursorAt = (place: number): string | null => {
    const row = shown.at(place);
    return row === undefined ? null : encodeCursor(cursorOf(row));
  };
  const begun = page.cursor !== null;
  return {
    get nodes() { return shown.map(nodeOf); },
    get edges() { return shown.map((row) => ({ node: nodeOf(row), get cursor() { return encodeCursor(cursorOf(row)); } })); },
    pageInfo: {
      hasNextPage: page.backward ? begun : more,
      hasPreviousPage: page.backward ? more : begun,
      get startCursor() { return cursorAt(0); },
      get endCursor() { return cursorAt(-1); },
    },
  };
}
