import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { blocksOf, readPage, root } from "../../../docs/markdown.js";

/** The page and what it imports as one file, with the hook as it stands in the docs. */
export async function bundlePage(platform: "browser" | "node"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page.js", import.meta.url))],
    bundle: true,
    write: false,
    format: platform === "node" ? "cjs" : "esm",
    platform,
    jsx: "automatic",
    // React's checks and StrictMode's double effects are for development.
    define: { "process.env.NODE_ENV": '"development"' },
    logLevel: "silent",
    plugins: [
      {
        name: "docs",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\/use-room\.js$/ }, ({ path }) => ({ path, namespace: "docs" }));
          onLoad({ filter: /.*/, namespace: "docs" }, () => ({
            contents: hookOfTheDocs(),
            loader: "ts",
            resolveDir: root,
          }));
          onResolve({ filter: /^roomcast\/browser$/ }, () => ({
            path: `${root}src/browser/index.ts`,
          }));
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? "";
}

function hookOfTheDocs(): string {
  const [block, ...others] = blocksOf(readPage("docs/browser.md")).filter(({ code }) => {
    return code.includes("export function useRoom(");
  });
  if (block === undefined || others.length > 0) throw new Error("docs/browser.md has one useRoom.");
  return block.code;
}
