/** Loads the ordering input, which brings drag and drop with it; other questions do without. */
export const loadOrdering = () => import("./OrderAnswer");
