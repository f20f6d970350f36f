import {
  getNamedType, getNullableType, isIntrospectionType, isListType, isObjectType, isInterfaceType, Kind, OperationTypeNode,
  type DocumentNode, type FieldNode, type GraphQLField, type GraphQLNamedType, type GraphQLSchema, type OperationDefinitionNode, type SelectionSetNode, type ValueNode,
} from "graphql";
import { pageSizeMax } from "../graphql/connection.js";
import { listSize, rootWeight, type FieldCost } from "./field-cost.js";

const pageArguments: ReadonlySet<string> = new Set(["first", "last"]);

/** The values that a request gave to its document's variables, as they came. */
export type Variables = Readonly<Record<string, unknown>> | null | undefined;
/** A list's length: known, or as long as the request says. */
type Size = number | ((variables: Variables) => number);

/** What one field of a document costs. Made once a document. */
interface CostNode {
  /** Under which its value stands in the answer. */
  readonly key: string;
  readonly weight: number;
  /** Null where it is no list. */
  readonly size: Size | null;
  readonly children: readonly CostNode[];
  /** The whole cost, where no variable has a say in it. */
  readonly fixed: number | null;
}

export interface OperationCost {
  readonly fields: readonly CostNode[];
}

/**
 * Costs of operations, in points: one a field or what `@Cost` says, times the lengths of the lists that it stands in.
 * `first` and `last` bound the lists right below the field that has them, as pages do. Keeps each operation's
 * structure as long as its parsed document lives.
 */
export class OperationCosts {
  readonly #schema: GraphQLSchema;
  readonly #known = new WeakMap<OperationDefinitionNode, OperationCost>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** @param document valid for the schema: its fragments hold no circle, its fields exist */
  of(document: DocumentNode, operation: OperationDefinitionNode): OperationCost {
    const before = this.#known.get(operation);
    if (before) return before;
    const root = this.#schema.getRootType(operation.operation);
    const cost = { fields: root ? new Measurer(this.#schema, document, operation).fieldsOf(operation.selectionSet, root, null) : [] };
    this.#known.set(operation, cost);
    return cost;
  }
}

class Measurer {
  constructor(private readonly schema: GraphQLSchema, private readonly document: DocumentNode, private readonly operation: OperationDefinitionNode) {}

  fieldsOf({ selections }: SelectionSetNode, parent: GraphQLNamedType, page: Size | null): CostNode[] {
    return selections.flatMap((selection): CostNode[] => {
      if (selection.kind === Kind.FIELD) return this.#field(selection, parent, page);
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragment(selection.name.value);
      if (!fragment) return [];
      const type = fragment.typeCondition ? this.schema.getType(fragment.typeCondition.name.value) : parent;
      return type ? this.fieldsOf(fragment.selectionSet, type, page) : [];
    });
  }

  #fragment(name: string) {
    return this.document.definitions.find((each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name) as
      Extract<DocumentNode["definitions"][number], { kind: Kind.FRAGMENT_DEFINITION }> | undefined;
  }

  /** Nothing for introspection, which reads nothing and is off in production. */
  #field(node: FieldNode, parent: GraphQLNamedType, page: Size | null): CostNode[] {
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field || isIntrospectionType(getNamedType(field.type))) return [];
    const declared = (field.extensions["cost"] ?? {}) as FieldCost;
    const weight = declared.weight ?? this.#weightOf(parent);
    const size = isListType(getNullableType(field.type)) ? page ?? declared.size ?? listSize : null;
    const children = node.selectionSet ? this.fieldsOf(node.selectionSet, getNamedType(field.type), this.#pageOf(node, field)) : [];
    const isFixed = typeof size !== "function" && children.every(({ fixed }) => fixed !== null);
    const open = { key: (node.alias ?? node.name).value, weight, size, children, fixed: null };
    return [isFixed ? { ...open, fixed: costOfNode(open, null) } : open];
  }

  #weightOf(parent: GraphQLNamedType): number {
    const { operation } = this.operation;
    return operation !== OperationTypeNode.QUERY && parent === this.schema.getRootType(operation) ? rootWeight : 1;
  }

  /** How many of its list a field asks for, by the larger of both arguments; null where it has none, or leaves them out. */
  #pageOf({ arguments: given = [] }: FieldNode, { args }: GraphQLField<unknown, unknown>): Size | null {
    if (!args.some(({ name }) => pageArguments.has(name))) return null;
    const sizes = given.filter(({ name }) => pageArguments.has(name.value)).map(({ value }) => this.#sizeOf(value));
    const numbers = sizes.filter((size) => typeof size === "number");
    const known = numbers.length > 0 ? Math.max(...numbers) : null;
    const open = sizes.filter((size) => typeof size === "function");
    if (open.length === 0) return known;
    return (variables) => Math.max(known ?? 0, ...open.map((size) => size(variables)));
  }

  #sizeOf(value: ValueNode): Size | null {
    if (value.kind === Kind.INT) return boundedSize(Number(value.value));
    if (value.kind !== Kind.VARIABLE) return null;
    const name = value.name.value;
    const byDefault = this.operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
    const otherwise = byDefault?.kind === Kind.INT ? Number(byDefault.value) : listSize;
    return (variables) => boundedSize(variables?.[name] ?? otherwise);
  }
}

/** A page that is longer than any is refused by its resolver. */
function boundedSize(size: unknown): number {
  return typeof size === "number" && size >= 0 ? Math.min(Math.ceil(size), pageSizeMax) : listSize;
}

function costOfNode(node: CostNode, variables: Variables): number {
  if (node.fixed !== null) return node.fixed;
  const times = typeof node.size === "function" ? node.size(variables) : node.size ?? 1;
  return node.weight + times * sum(node.children, (child) => costOfNode(child, variables));
}

/** What an operation may cost at most, as far as its lists are as long as they are taken to be. */
export function requestedCost({ fields }: OperationCost, variables: Variables): number {
  return sum(fields, (field) => costOfNode(field, variables));
}

/** What it did cost: the same, by the lists that its answer really has. */
export function actualCost({ fields }: OperationCost, data: unknown): number {
  return sumOfAnswer(fields, data);
}

function sumOfAnswer(fields: readonly CostNode[], value: unknown): number {
  if (Array.isArray(value)) return sum(value, (item) => sumOfAnswer(fields, item));
  if (typeof value !== "object" || value === null) return 0;
  const answers = value as Readonly<Record<string, unknown>>;
  return sum(fields, ({ key, weight, children }) => {
    if (!(key in answers)) return 0; // of another type than this object
    return weight + (children.length > 0 ? sumOfAnswer(children, answers[key]) : 0);
  });
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
