/**
 * An IP address in its one spelling, whatever a runtime or a proxy writes: IPv6 as RFC 5952 has it and without
 * a zone, an IPv4 address that is mapped into IPv6 (RFC 4291, 2.5.5.2) as IPv4. Undefined for what is none.
 */
export function addressOf(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  const numbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (numbers !== undefined) {
    return numbers.every((number) => number < 256) ? numbers.join(".") : undefined;
  }
  const url = `http://[${text.split("%")[0]}]/`;
  if (!/^[\da-f:.]+(%[\w.-]+)?$/i.test(text) || !URL.canParse(url)) return undefined;
  const address = new URL(url).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [a, b] = [high, low].map((half) => Number.parseInt(half, 16)) as [number, number];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}

/**
 * The line that an address belongs to: itself for IPv4, its /64 for IPv6, of which one line has at least one
 * (RFC 6177). What is no address stands for itself.
 */
export function lineOf(text: string): string {
  const address = addressOf(text) ?? text;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  // The end of a short spelling, where it reaches into the first half.
  const rest = tail ? tail.split(":") : [];
  while (tail !== undefined && groups.length + rest.length < 8) groups.push("0");
  return `${[...groups, ...rest].slice(0, 4).join(":")}::/64`;
}
