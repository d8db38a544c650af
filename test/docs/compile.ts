import ts from "typescript";
import { type Block, blocksOf, root, setupsOf } from "./markdown.js";

const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  // Examples are for servers and for pages.
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: ["node"],
  strict: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  noEmit: true,
  // `roomcast` is what stands in `src`.
  paths: config.compilerOptions.paths,
};

/** JavaScript has no way to say what a parameter is, or that something is never null. */
const JS_OPTIONS: ts.CompilerOptions = { ...OPTIONS, strict: false };

const TS_LANGUAGES = ["ts", "typescript", "mts", "cts"];
const JS_LANGUAGES = ["js", "javascript", "mjs", "cjs"];

/** Libraries and sources are parsed once for all pages. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Whether a block is one that {@link errorsOf} compiles. */
export function isProgram({ language }: Block): boolean {
  return TS_LANGUAGES.includes(language) || JS_LANGUAGES.includes(language);
}

/**
 * Compiles every TypeScript and JavaScript block of a page, each as a module of its own that sees the
 * page's setup comments; the errors, each with `page:line`.
 */
export function errorsOf(page: string, text: string): string[] {
  const blocks = blocksOf(text);
  return [
    ...compile(page, text, OPTIONS, blocks, TS_LANGUAGES),
    ...compile(page, text, JS_OPTIONS, blocks, JS_LANGUAGES),
  ];
}

function compile(
  page: string,
  text: string,
  options: ts.CompilerOptions,
  blocks: readonly Block[],
  languages: readonly string[],
): string[] {
  const places = new Map<string, { readonly code: string; readonly line: number }>();
  for (const { language, code, line } of blocks) {
    if (!languages.includes(language)) continue;
    const extension = language.replace("typescript", "ts").replace("javascript", "js");
    // A module, whether it imports something or not: its names are its own.
    const end = extension === "cjs" ? "" : "\nexport {};";
    places.set(`${root}${page}.${line}.${extension}`, { code: code + end, line });
  }
  if (places.size === 0) return [];
  for (const { code, line } of setupsOf(text)) {
    places.set(`${root}${page}.${line}.setup.d.ts`, { code, line });
  }

  const host = ts.createCompilerHost(options, true);
  const { fileExists, readFile, getSourceFile } = host;
  host.getCurrentDirectory = () => root;
  host.fileExists = (file) => places.has(file) || fileExists(file);
  host.readFile = (file) => places.get(file)?.code ?? readFile(file);
  host.getSourceFile = (file, ...rest) => {
    if (places.has(file)) return getSourceFile(file, ...rest);
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, ...rest));
    return parsed.get(file);
  };
  const program = ts.createProgram([...places.keys()], options, host);
  // Not of the sources, which are strict: what they are without is not the page's business.
  const own = [...places.keys()].map((path) => program.getSourceFile(path));
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own.flatMap((file) => program.getSyntacticDiagnostics(file)),
    ...own.flatMap((file) => program.getSemanticDiagnostics(file)),
  ];
  return diagnostics.flatMap(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    const place = places.get(file?.fileName ?? "");
    if (file === undefined || place === undefined) return [`${page}: ${message}`];
    const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
    return [`${page}:${place.line + line}: ${message}`];
  });
}
