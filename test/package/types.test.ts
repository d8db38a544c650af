import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, inject, it } from "vitest";

const { bare, withPeers } = inject("installed");

const STRICT: ts.CompilerOptions = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2022.d.ts"],
};

/** The ways in which programs look packages up, by the extension that decides the format. */
const RESOLUTIONS: readonly [string, string, ts.CompilerOptions][] = [
  ["node16, ESM", "mts", { module: ts.ModuleKind.Node16 }],
  ["node16, CommonJS", "cts", { module: ts.ModuleKind.Node16 }],
  [
    "bundler",
    "ts",
    { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  ],
];

describe.each(RESOLUTIONS)("a strict TypeScript program (%s)", (_, extension, options) => {
  it("compiles with roomcast alone: without ws, uWebSockets.js and types of Node", () => {
    expect(existsSync(join(bare, "node_modules/@types"))).toBe(false);
    expect(compile(bare, read("bare.ts"), extension, { ...options, types: [] })).toEqual([]);
  });

  it("compiles as a page, with the types of a browser", () => {
    const page = { ...options, lib: [...(STRICT.lib ?? []), "lib.dom.d.ts"], types: [] };
    expect(compile(bare, read("page.ts"), extension, page)).toEqual([]);
  });

  it("hands the servers of ws, uWebSockets.js and Node to the adapters", () => {
    const errors = compile(withPeers, read("with-peers.ts"), extension, {
      ...options,
      types: ["node"],
    });
    expect(errors).toEqual([]);
  });

  it("is told when it is wrong", () => {
    const mistake = 'import { Hub } from "roomcast"; new Hub({ maxMessageByte: 1 });';
    const errors = compile(bare, mistake, extension, { ...options, types: [] });
    expect(errors).toEqual([expect.stringContaining("'maxMessageByte' does not exist")]);
  });
});

function read(consumer: string): string {
  return readFileSync(join(bare, consumer), "utf8");
}

/** Compiles a program as a file with the given extension; its errors, one line each. */
function compile(
  folder: string,
  program: string,
  extension: string,
  options: ts.CompilerOptions,
): string[] {
  const file = join(folder, `program.${extension}`);
  writeFileSync(file, program);
  const all = { ...STRICT, ...options };
  const host = ts.createCompilerHost(all);
  host.getCurrentDirectory = () => folder;
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], all, host));
  return diagnostics.map((diagnostic) => ts.formatDiagnostic(diagnostic, host).trim());
}
