import type { PersonId, Role } from "./types";

/** Shapes of friends, blocks and of who may write to whom, mirroring the gateway's. Times are server milliseconds. */

/** `asked` by the caller, or `asks_me`. */
export type Bond = "friends" | "asked" | "asks_me";

export interface Friend {
  id: PersonId;
  name: string;
  role: Role;
  bond: Bond;
  since: number;
}
export interface NewBond {
  id: PersonId;
  bond: "friends" | "asked";
}
export interface SuggestedFriend {
  id: PersonId;
  name: string;
  /** How many classes both are in. */
  classes: number;
}
export interface BlockedPerson {
  id: PersonId;
  name: string;
  since: number;
}
/** What a person's own channel tells about friends. */
export interface FriendNote {
  type: "friend";
  person: PersonId;
  /** Null when it is over. */
  bond: Bond | null;
}

/** Who may begin a conversation with one person. */
export type DirectPolicy = "anyone" | "shared_class" | "staff_only" | "nobody";
export interface ChatPolicy {
  direct: DirectPolicy;
  /** 0 while nobody has set it. */
  version: number;
}
