import { execFile } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { readManifest, root } from "./install.js";

const { bare } = inject("installed");
const run = promisify(execFile);

/** The compilers, by their releases: what each is installed as here, and the types of Node for it. */
const COMPILERS: readonly [string, string, readonly number[]][] = [
  // The types of Node 26 need 5.6 themselves.
  ["5.4", "typescript-5.4", [20, 22, 24]],
  ["5.9", "typescript-5.9", [20, 22, 24, 25, 26]],
  ["6.0", "typescript", [20, 22, 24, 25, 26]],
  ["7.0", "typescript-7.0", [20, 22, 24, 25, 26]],
];

const TYPES_OF_NODE: readonly [number, string][] = [
  [20, "@types/node"],
  [22, "types-node-22"],
  [24, "types-node-24"],
  [25, "types-node-25"],
  [26, "types-node-26"],
];

const STRICT = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  esModuleInterop: true,
  target: "es2022",
  types: ["node"],
};

/** A server with `ws`; and one without, compiled with the types of a page too, as Next.js does. */
const PROGRAMS = {
  "with-ws": {
    compilerOptions: { ...STRICT, module: "node16", lib: ["es2022"] },
    files: ["servers.ts", "with-ws.ts"],
  },
  "without-ws": {
    compilerOptions: {
      ...STRICT,
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["es2022", "dom", "dom.iterable"],
    },
    files: ["servers.ts"],
  },
} as const;

type ProgramName = keyof typeof PROGRAMS;
const names = Object.keys(PROGRAMS) as ProgramName[];

beforeAll(() => {
  for (const [version, types] of TYPES_OF_NODE) {
    for (const name of names) createProgram(version, types, name);
  }
});

describe("the package, with the types of Node 20 to 26, with @types/ws and without", () => {
  it.concurrent.each(COMPILERS)(
    "takes the servers of Node, Express and ws as they are: TypeScript %s",
    { timeout: 300_000 },
    async (release, compiler, versions) => {
      expect(manifestOf(compiler).version.startsWith(`${release}.`)).toBe(true);
      const programs = versions.flatMap((version) => {
        return names.map((name) => join(folderOf(version, name), `${compiler}.json`));
      });
      expect(await compile(compiler, programs)).toEqual([]);
    },
  );
});

function folderOf(version: number, name: ProgramName): string {
  return join(dirname(bare), `node-${version}-${name}`);
}

/** A program that has the package as it is shipped, and types as they are installed here. */
function createProgram(version: number, types: string, name: ProgramName): void {
  const folder = folderOf(version, name);
  const modules = join(folder, "node_modules");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  // One for each compiler: each leaves a file beside its own.
  for (const [, compiler] of COMPILERS) {
    writeFileSync(join(folder, `${compiler}.json`), JSON.stringify(PROGRAMS[name]));
  }
  for (const file of PROGRAMS[name].files) cpSync(join(bare, file), join(folder, file));
  cpSync(join(bare, "node_modules"), modules, { recursive: true });
  const absent = name === "with-ws" ? ["node"] : ["node", "ws"];
  cpSync(join(root, "node_modules/@types"), join(modules, "@types"), {
    recursive: true,
    filter: (path) => basename(dirname(path)) !== "@types" || !absent.includes(basename(path)),
  });
  expect(manifestOf(types).version.startsWith(`${version}.`)).toBe(true);
  const typesOfNode = join(root, "node_modules", types);
  const filter = (path: string) => basename(path) !== "node_modules";
  cpSync(typesOfNode, join(modules, "@types/node"), { recursive: true, filter });
  const undici = createRequire(join(typesOfNode, "index.d.ts")).resolve(
    "undici-types/package.json",
  );
  cpSync(dirname(undici), join(modules, "undici-types"), { recursive: true });
}

function manifestOf(name: string): ReturnType<typeof readManifest> {
  return readManifest(join(root, "node_modules", name));
}

/** Compiles programs, all in one process, which is quicker; their errors, one line each. */
async function compile(compiler: string, programs: readonly string[]): Promise<string[]> {
  const tsc = join(root, "node_modules", compiler, "bin/tsc");
  try {
    const cwd = dirname(bare);
    await run(process.execPath, [tsc, "--build", "--force", ...programs], { cwd });
    return [];
  } catch (failure) {
    const { stdout } = failure as { stdout: string };
    if (!stdout) throw failure;
    return stdout.trim().split("\n");
  }
}
