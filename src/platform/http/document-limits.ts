import { GraphQLError, Kind, type FragmentDefinitionNode, type SelectionSetNode, type ValidationRule } from "graphql";

export interface DocumentLimits {
  readonly depthMax: number;
  readonly fieldsMax: number;
  readonly aliasesMax: number;
}

interface Size {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
}

const empty: Size = { depth: 0, fields: 0, aliases: 0 };

/**
 * Refuses documents that cost more than a screen can need, before anything runs. Each fragment is measured
 * once and counted wherever it is spread, so that measuring stays cheap however they are nested.
 * Introspection has a rule of its own in the library and is left out.
 */
export function documentLimits({ depthMax, fieldsMax, aliasesMax }: DocumentLimits): ValidationRule {
  return (context) => {
    const measure = measurer((name) => context.getFragment(name));
    const report = (code: string, message: string): void => {
      context.reportError(new GraphQLError(message, { extensions: { code } }));
    };
    return {
      OperationDefinition({ selectionSet }) {
        const { depth, fields, aliases } = measure(selectionSet);
        if (depth > depthMax) report("QUERY_TOO_DEEP", `The query is ${String(depth)} levels deep; ${String(depthMax)} are allowed.`);
        if (fields > fieldsMax) report("QUERY_TOO_LARGE", `The query asks for ${String(fields)} fields; ${String(fieldsMax)} are allowed.`);
        if (aliases > aliasesMax) report("QUERY_TOO_LARGE", `The query has ${String(aliases)} aliases; ${String(aliasesMax)} are allowed.`);
      },
    };
  };
}

function measurer(fragmentOf: (name: string) => FragmentDefinitionNode | null | undefined): (selectionSet: SelectionSetNode) => Size {
  const known = new Map<string, Size>();
  const ofFragment = (name: string): Size => {
    const before = known.get(name);
    if (before) return before;
    // A fragment that spreads itself is another rule's business; here it must only come to an end.
    known.set(name, empty);
    const fragment = fragmentOf(name);
    const size = fragment ? ofSet(fragment.selectionSet) : empty;
    known.set(name, size);
    return size;
  };
  const ofSet = ({ selections }: SelectionSetNode): Size => {
    let { depth, fields, aliases } = empty;
    for (const selection of selections) {
      let inner = empty;
      let own = 0;
      if (selection.kind === Kind.FRAGMENT_SPREAD) inner = ofFragment(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) inner = ofSet(selection.selectionSet);
      else {
        own = 1;
        if (selection.alias) aliases += 1;
        if (selection.selectionSet && !selection.name.value.startsWith("__")) inner = ofSet(selection.selectionSet);
      }
      depth = Math.max(depth, own + inner.depth);
      fields += own + inner.fields;
      aliases += inner.aliases;
    }
    return { depth, fields, aliases };
  };
  return ofSet;
}
