import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

/** Where the package was installed. */
export interface Installed {
  /** A program that has roomcast and nothing else: no `ws`, no uWebSockets.js, no types of Node. */
  readonly bare: string;
  /** A program that has `ws` and uWebSockets.js, and the types of both and of Node. */
  readonly withPeers: string;
  /** The packed package. */
  readonly tarball: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    installed: Installed;
  }
}

/** The folder of this project. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Packs the package and installs the tarball into two empty programs, outside of this project. */
export default function install({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-package-"));
  npm(root, "pack", "--pack-destination", folder);
  const { version, devDependencies } = readManifest(root);
  const tarball = join(folder, `roomcast-${version}.tgz`);
  const peers = ["ws", "uWebSockets.js", "@types/ws", "@types/node"].map((name) => {
    return `${name}@${devDependencies?.[name]}`;
  });
  const installed: Installed = {
    bare: createProgram(join(folder, "bare"), [tarball]),
    withPeers: createProgram(join(folder, "with-peers"), [tarball, ...peers]),
    tarball,
  };
  provide("installed", installed);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** The manifest of the package in a folder. */
export function readManifest(folder: string): {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
} {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function createProgram(folder: string, packages: readonly string[]): string {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  cpSync(join(root, "test/package/consumers"), folder, { recursive: true });
  npm(folder, "install", "--no-save", "--prefer-offline", ...packages);
  return folder;
}

function npm(cwd: string, ...parameters: readonly string[]): void {
  try {
    execFileSync("npm", [...parameters, "--no-audit", "--no-fund"], { cwd, stdio: "pipe" });
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout: Uint8Array; stderr: Uint8Array };
    throw new Error(`npm ${parameters[0]} failed:\n${stdout}\n${stderr}`, { cause });
  }
}
