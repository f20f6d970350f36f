import { Kind, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, type SelectionSetNode } from "graphql";
import { Extensions } from "type-graphql";

/**
 * What a query is to a shop in trouble: `essential` is served to the last, `optional` goes first and is off while
 * degraded. What says nothing is `normal`.
 */
export type Importance = "essential" | "normal" | "optional";

const order: readonly Importance[] = ["optional", "normal", "essential"];

/** Texts that are remembered; programs send the same few again and again. */
const textsMax = 1_000;
const textLengthMax = 4_096;

/** Beside a query that buyers cannot do without: `@Essential()`. */
export function Essential(): MethodDecorator & PropertyDecorator {
  return Extensions({ importance: "essential" });
}

/** Beside a query that can wait until the rush is over: `@Optional()`. */
export function Optional(): MethodDecorator & PropertyDecorator {
  return Extensions({ importance: "optional" });
}

/** Tells the importance of queries: that of the least important of their root fields. Found once a parsed document. */
export class QueryImportance {
  readonly #fields = new Map<string, Importance>();
  readonly #texts = new Map<string, Importance>();
  readonly #known = new WeakMap<OperationDefinitionNode, Importance>();

  constructor(schema: GraphQLSchema) {
    for (const { name, extensions } of Object.values(schema.getQueryType()?.getFields() ?? {})) {
      this.#fields.set(name, (extensions as { readonly importance?: Importance }).importance ?? "normal");
    }
  }

  /** What a text is known to be, without parsing it: refusing has to be cheaper than answering. */
  ofText(text: string): Importance | undefined {
    return this.#texts.get(text);
  }

  /** Keeps what a text is; those of several operations are left out, since the text alone does not tell which is meant. */
  remember({ definitions, loc }: DocumentNode, importance: Importance): void {
    const text = loc?.source.body;
    if (text === undefined || text.length > textLengthMax || this.#texts.has(text)) return;
    if (definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length !== 1) return;
    if (this.#texts.size >= textsMax) this.#texts.clear();
    this.#texts.set(text, importance);
  }

  of(document: DocumentNode, operation: OperationDefinitionNode): Importance {
    const known = this.#known.get(operation);
    if (known) return known;
    const found = rootFields(document, operation.selectionSet).map((name) => this.#fields.get(name) ?? "essential");
    const least = order.find((importance) => found.includes(importance)) ?? "normal";
    this.#known.set(operation, least);
    return least;
  }
}

// Fragments cannot hold a circle here: the document was validated.
function rootFields(document: DocumentNode, { selections }: SelectionSetNode): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(document, selection.selectionSet);
    const fragment = document.definitions.find((definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value);
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? rootFields(document, fragment.selectionSet) : [];
  });
}
