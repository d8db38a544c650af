import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DECLARATIONS, recipesOf, writeRecipes } from "../recipes/blocks.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Whose newest releases stand beside the package, and what they need. */
const PACKAGES = {
  "@fastify/websocket": "latest",
  "@hono/node-server": "latest",
  "@hono/node-ws": "latest",
  "@nestjs/common": "11",
  "@nestjs/core": "11",
  "@nestjs/platform-express": "11",
  "@nestjs/platform-ws": "11",
  "@nestjs/websockets": "11",
  "@types/express": "latest",
  "@types/node": "latest",
  "@types/react": "latest",
  "@types/ws": "latest",
  express: "latest",
  "express-ws": "latest",
  fastify: "latest",
  // 17 needs Node 22.
  graphql: "16",
  "graphql-ws": "latest",
  hono: "latest",
  next: "latest",
  react: "latest",
  "react-dom": "latest",
  "reflect-metadata": "latest",
  rxjs: "latest",
  "socket.io": "latest",
  typescript: "latest",
  vite: "latest",
  ws: "latest",
};

/** One file each. */
export const neighbours = readdirSync(join(here, "neighbours"))
  .map((file) => file.replace(/\.js$/, ""))
  .sort();

/** Makes a program that has the package as it is packed, and all neighbours. Returns its folder. */
export function prepareProgram() {
  const folder = join(tmpdir(), "roomcast-neighbours");
  mkdirSync(folder, { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // Built already; the script that packs would build it again.
  run(root, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder);
  const manifest = { private: true, type: "module", dependencies: PACKAGES };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const install = [
    "install",
    "--silent",
    "--no-package-lock",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
  ];
  run(folder, "npm", ...install);
  run(folder, "npm", ...install, "--no-save", "--force", `./roomcast-${version}.tgz`);
  for (const part of ["visit.js", "support.js", "neighbours", "types", "next-app"]) {
    cpSync(join(here, part), join(folder, part), { recursive: true });
  }
  writeRecipes(folder, "ws");
  for (const { name, code } of recipesOf("ws")) {
    writeFileSync(join(folder, "types", `recipe-${name}.ts`), code + DECLARATIONS);
  }
  return folder;
}

function run(cwd, command, ...parameters) {
  execFileSync(command, parameters, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}
