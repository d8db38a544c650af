import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import ts from "typescript";

/** Where instrumented code finds the recorder. */
export const RECORDER = "roomcastTrips";

/**
 * Compiles the sources in a folder to another one, such that each function reports its entry:
 * `globalThis.roomcastTrips(file, name, isArrow)`.
 *
 * @param {string} from
 * @param {string} to
 * @param {string} root The package with the `node_modules` that the sources need.
 */
export function instrument(from, to, root) {
  const files = readdirSync(from, { recursive: true, encoding: "utf8" });
  for (const path of files.filter((name) => name.endsWith(".ts"))) {
    const file = path.split(sep).join("/");
    const target = join(to, file.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, compile(file, readFileSync(join(from, path), "utf8")));
  }
  writeFileSync(join(to, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(root, "node_modules"), join(to, "node_modules"), "junction");
}

function compile(file, text) {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(markEntries(file, text), { compilerOptions }).outputText;
}

/** The text with a call at the beginning of each function's body. */
function markEntries(file, text) {
  if (file.startsWith("testing/")) return text;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const insertions = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const { body } = node;
      const details = [file, nameOf(node), ts.isArrowFunction(node)];
      const call = `globalThis.${RECORDER}?.(${details.map((value) => JSON.stringify(value))})`;
      if (ts.isBlock(body)) {
        insertions.push({ at: body.getStart(source) + 1, text: `${call};` });
      } else {
        insertions.push({ at: body.getStart(source), text: `(${call},(` });
        insertions.push({ at: body.getEnd(), text: "))" });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  // From the end, so that positions hold.
  insertions.sort((one, other) => other.at - one.at);
  return insertions.reduce(
    (all, { at, text: added }) => all.slice(0, at) + added + all.slice(at),
    text,
  );
}

/** `Hub.accept`, `new Hub`, `get Hub.rooms`, `readOptions`, `readOptions.<arrow>`. */
function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return `new ${ownerOf(node)}`;
  const name = node.name?.getText() ?? assignedName(node) ?? "<arrow>";
  const owner = ownerOf(node);
  const full = owner === "" ? name : `${owner}.${name}`;
  if (ts.isGetAccessor(node)) return `get ${full}`;
  return ts.isSetAccessor(node) ? `set ${full}` : full;
}

/** The name of the variable or property that a function is the value of. */
function assignedName({ parent }) {
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return isNamed || ts.isPropertyDeclaration(parent) ? parent.name.getText() : undefined;
}

/** The class or function that a function is written in. */
function ownerOf(node) {
  for (let { parent } = node; parent !== undefined; parent = parent.parent) {
    if (ts.isClassLike(parent)) return parent.name?.text ?? "<class>";
    if (ts.isFunctionLike(parent)) return nameOf(parent);
  }
  return "";
}
