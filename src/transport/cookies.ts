/** Cookies by name, without a prototype: any name is a cookie's or undefined. */
export type Cookies = Readonly<Record<string, string | undefined>>;

/**
 * The cookies of a `Cookie` header (RFC 6265, 4.2). Of several with one name the first counts: browsers put
 * the one with the most specific path first (5.4). A value that cannot be decoded stays as it was sent.
 */
export function parseCookies(header: string | undefined): Cookies {
  const cookies: Record<string, string | undefined> = Object.create(null);
  for (const pair of header?.split(";") ?? []) {
    const end = pair.indexOf("=");
    if (end === -1) continue;
    const name = pair.slice(0, end).trim();
    if (name === "" || name in cookies) continue;
    cookies[name] = decode(pair.slice(end + 1).trim());
  }
  return cookies;
}

function decode(value: string): string {
  const text = /^"(.*)"$/.exec(value)?.[1] ?? value;
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded, although it has a "%".
    return text;
  }
}
