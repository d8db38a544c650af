import { fileURLToPath } from "node:url";

/** Where node_modules is, which Next looks for beside a lockfile. */
const root = fileURLToPath(new URL("..", import.meta.url));

export default { turbopack: { root }, outputFileTracingRoot: root };
