import ts from "typescript";

/** The members of a class that carry `@internal`, constructors included. */
export function internalMembersOf(source: ts.SourceFile, className: string): string[] {
  const found: string[] = [];
  for (const statement of source.statements) {
    if (!ts.isClassDeclaration(statement) || statement.name?.text !== className) continue;
    for (const member of statement.members) {
      const isInternal = ts.getJSDocTags(member).some(({ tagName }) => tagName.text === "internal");
      if (isInternal) found.push(`${className}.${member.name?.getText(source) ?? "constructor"}`);
    }
  }
  return found;
}
