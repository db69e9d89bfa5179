/** Pixels of the grid's parts; fixed, so that what is out of sight need not be drawn to be measured. */
export const ROW = 40;
export const COLUMN = 108;
export const HEAD = 84;
/** Name and the two grades, which stay in sight. */
export const FIXED = 392;
/** On a phone only the name stays in sight. */
export const FIXED_NARROW = 136;
