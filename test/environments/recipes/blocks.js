import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** How a client that may not come in is told so: before the upgrade, or right after it. */
const BEFORE = { 401: "HTTP 401", 429: "HTTP 429" };
const AFTER = { 401: "1008", 429: "1013" };

/**
 * The recipes for frameworks that upgrade by themselves: each is the program below its heading in the docs. What a
 * test adds to it is in `servers/`, in a file of the recipe's name; that uses what the program `exports`.
 */
const RECIPES = [
  { name: "fastify", page: "ws", heading: "### Fastify", exports: "app" },
  {
    name: "handler",
    page: "ws",
    heading: "### Without a hook",
    exports: "handle",
    refusals: AFTER,
  },
  { name: "nest", page: "ws", heading: "### Nest", exports: "RoomsGateway" },
  { name: "hono-node", page: "ws", heading: "### Hono", exports: "server" },
  { name: "deno", page: "websocket", heading: "## Deno", exports: "server" },
  { name: "bun-websocket", page: "websocket", heading: "## Bun", exports: "BunWebSocket" },
  { name: "bun", page: "websocket", heading: "### Bun.serve", exports: "server" },
  { name: "hono-deno", page: "websocket", heading: "### Hono on Deno", exports: "app" },
  { name: "hono-bun", page: "websocket", heading: "### Hono on Bun", exports: "app, websocket" },
];

/** Where the names come from that a recipe leaves to its page. */
const SOURCES = {
  hub: "world",
  guard: "world",
  port: "world",
  BunWebSocket: "bun-websocket.block",
};

export function recipesOf(page) {
  return RECIPES.filter((recipe) => recipe.page === page).map((recipe) => ({
    refusals: BEFORE,
    ...recipe,
    code: `${programOf(recipe)}\nexport { ${recipe.exports} };\n`,
  }));
}

/** Writes a page's recipes, as JavaScript, and what surrounds them, into `recipes` of a folder. */
export function writeRecipes(folder, page) {
  const target = join(folder, "recipes");
  mkdirSync(target, { recursive: true });
  cpSync(fileURLToPath(new URL("servers", import.meta.url)), target, { recursive: true });
  cpSync(join(root, "test/environments/runtimes/servers/site.js"), join(target, "site.js"));
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    experimentalDecorators: true,
  };
  for (const { name, code } of recipesOf(page)) {
    const imports = Object.entries(SOURCES)
      .filter(([given]) => isUsed(code, given))
      .map(([given, source]) => `import { ${given} } from "./${source}.js";\n`);
    const { outputText } = ts.transpileModule(imports.join("") + code, { compilerOptions });
    writeFileSync(join(target, `${name}.block.js`), outputText);
  }
}

/** What a recipe uses and leaves to its page's introduction. */
export const DECLARATIONS = `
declare const hub: import("roomcast").Hub;
declare const guard: import("roomcast").UpgradeGuard;
declare const port: number;
`;

function isUsed(code, name) {
  return (
    new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`(const|class) ${name}\\b`).test(code)
  );
}

/** The first program below a heading. */
function programOf({ page, heading }) {
  const text = readFileSync(join(root, `docs/${page}.md`), "utf8");
  const start = text.indexOf(`\n${heading}\n`);
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(start === -1 ? "" : text.slice(start)) ?? [];
  if (code === undefined) throw new Error(`docs/${page}.md has no program below "${heading}".`);
  return code;
}
