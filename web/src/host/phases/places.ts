import type { BoardRow } from "../../api/types";

/**
 * The place, counted from 0, from which each row of `rows` glides: the rows in the order of their previous ranks, those
 * who were not on the board behind everybody. Each place is used once, so no two rows begin on top of each other.
 */
export function placesBefore(rows: BoardRow[]): number[] {
  const order = rows
    .map((row, index) => ({ index, rank: row.previous_rank ?? Number.POSITIVE_INFINITY }))
    .sort((a, b) => (a.rank === b.rank ? a.index - b.index : a.rank - b.rank));
  const places = new Array<number>(rows.length);
  order.forEach(({ index }, place) => (places[index] = place));
  return places;
}
