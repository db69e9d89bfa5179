/**
 * An id for one operation, so that sending it again does not do it again. Hard to guess, since a guest's join by the same
 * id leads to the same place. `crypto.randomUUID` exists on secure pages only; a school's network may have none.
 */
export function newOp(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
