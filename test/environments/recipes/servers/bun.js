import { server } from "./bun.block.js";
import { hub, listening } from "./world.js";

listening({ address: () => server }, () => hub.close());
