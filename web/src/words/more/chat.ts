import { chat } from "../en/chat";
import { learn } from "../words";

// The texts of chat come with its pages; each way into them imports this.
learn(chat);
