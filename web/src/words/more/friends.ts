import { friends } from "../en/friends";
import { learn } from "../words";

// The texts of friends come with their page; each way into it imports this.
learn(friends);
