/** `order` with `item` one place up (-1) or down (1); unchanged at the ends. */
export function moveBy(order: number[], item: number, by: -1 | 1): number[] {
  const from = order.indexOf(item);
  const to = from + by;
  if (from < 0 || to < 0 || to >= order.length) return order;
  const next = order.filter((other) => other !== item);
  next.splice(to, 0, item);
  return next;
}

/** `order` with `item` right before or behind `target`. */
export function moveBeside(order: number[], item: number, target: number, before: boolean): number[] {
  if (item === target || !order.includes(item) || !order.includes(target)) return order;
  const next = order.filter((other) => other !== item);
  next.splice(next.indexOf(target) + (before ? 0 : 1), 0, item);
  return next;
}
