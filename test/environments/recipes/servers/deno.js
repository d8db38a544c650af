import { server } from "./deno.block.js";
import { hub, listening } from "./world.js";

listening({ address: () => server.addr }, () => hub.close());
