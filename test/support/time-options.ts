import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";

const SOURCES = new URL("../../src/", import.meta.url);

/** The names of options that are times, whatever their docstrings say. */
const NAMES_OF_TIMES = /(timeout|interval|ttl|grace|age|delay|period|spread|lateness)$/i;

/**
 * Every option that is a time, as the sources declare it: `HubOptions.lagTimeout`. A public interface's property
 * that is a number counts if its docstring says "(ms)", or if its name says so and its interface's name ends in
 * "Options".
 */
export function timeOptions(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).flatMap(timesOf);
}

function timesOf(file: string): string[] {
  const text = readFileSync(new URL(file, SOURCES), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return source.statements.filter(isOptions).flatMap((options) =>
    options.members.filter(ts.isPropertySignature).flatMap((property) => {
      const name = property.name.getText();
      const isNumber = property.type?.getText().split(" | ").includes("number") === true;
      const docs = ts.getJSDocCommentsAndTags(property).map((node) => node.getText());
      const isTime = docs.join(" ").includes("(ms)") || NAMES_OF_TIMES.test(name);
      return isNumber && isTime ? [`${options.name.text}.${name}`] : [];
    }),
  );
}

/** Whether a statement declares options that an application gives: the docs show it among them. */
function isOptions(statement: ts.Statement): statement is ts.InterfaceDeclaration {
  if (!ts.isInterfaceDeclaration(statement)) return false;
  const category = ts.getJSDocTags(statement).find(({ tagName }) => tagName.text === "category");
  const isPublic = category !== undefined;
  return isPublic && (category.comment === "Options" || /Options$/.test(statement.name.text));
}
