let last = 0;

/** A key for a question of a draft, unique in this tab. */
export function freshKey(): string {
  last += 1;
  return `q${last}`;
}
