const nameForm = /^[a-z][a-z0-9_]{0,39}$/;

/** Name of a node's slot on the primary and of its subscription. @throws Error where the name is no slot name */
export function slotNameOf(nodeName: string): string {
  if (!nameForm.test(nodeName)) {
    throw new Error(`"${nodeName}" cannot be a node's name: a small letter, then up to 39 small letters, digits and underscores.`);
  }
  return `millrace_${nodeName}`;
}
