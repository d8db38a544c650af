import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import ts from "typescript";

/** One import of one file. */
export interface Import {
  readonly from: string;
  readonly line: number;
  /** A file below `src`, or a package's name. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Gone once compiled: `import type`, `export type`, `import("…").Name` as a type. */
  readonly isType: boolean;
}

/** The sources below a folder, by their paths there. */
export interface Sources {
  /** With `/` on every system, sorted. */
  readonly files: readonly string[];
  readonly sources: ReadonlyMap<string, ts.SourceFile>;
  readonly imports: readonly Import[];
}

/** Reads and parses every TypeScript file below `root`. */
export function readSources(root: string): Sources {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.split(sep).join("/"))
    .sort();
  const sources = new Map(files.map((file) => [file, parse(root, file)]));
  const imports = [...sources].flatMap(([file, source]) => importsOf(file, source));
  return { files, sources, imports };
}

/** The syntax tree of one file below `root`. */
function parse(root: string, file: string): ts.SourceFile {
  const text = readFileSync(join(root, file), "utf8");
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** Every import in a file, however it is written. */
function importsOf(from: string, source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(specifier.getStart()).line + 1;
    const { text } = specifier;
    const isPackage = !text.startsWith(".");
    const to = isPackage ? text : join(dirname(from), text);
    found.push({
      from,
      line,
      to: isPackage ? to : to.split(sep).join("/").replace(/\.js$/, ".ts"),
      isPackage,
      isType,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      add(node.moduleSpecifier, clause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportEqualsDeclaration(node)) {
      const { moduleReference } = node;
      if (ts.isExternalModuleReference(moduleReference)) {
        add(moduleReference.expression, node.isTypeOnly);
      }
    } else if (ts.isImportTypeNode(node)) {
      if (ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    } else if (ts.isCallExpression(node)) {
      const { expression } = node;
      const isRequire = ts.isIdentifier(expression) && expression.text === "require";
      if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword)
        add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
