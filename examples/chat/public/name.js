/** The longest name, in characters. */
const MAX_NAME_LENGTH = 32;

/**
 * The guest that goes by a name: who has the same name is the same user. Undefined for a name of which
 * nothing can be seen.
 */
export function userOf(text) {
  const name = cleanName(text);
  return name === "" ? undefined : { id: name.toLowerCase().replaceAll(" ", "-"), name };
}

/**
 * What is left of a name when spaces are tidied and everything that cannot be seen is taken out.
 * The server and the page both ask here, so the page never sends a name that is refused.
 */
export function cleanName(text) {
  const visible = text
    .normalize("NFKC")
    .replace(/[\s\p{Z}]+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "")
    .trim();
  return [...visible].slice(0, MAX_NAME_LENGTH).join("").trim();
}
