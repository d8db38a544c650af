/** Whether a text is an IP address: IPv4, or IPv6 with or without a zone (RFC 4007, 11). */
export function isAddress(text: unknown): text is string {
  if (typeof text !== "string") return false;
  const numbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (numbers !== undefined) return numbers.every((number) => Number(number) < 256);
  return /^[\da-f:.]+(%[\w.-]+)?$/i.test(text) && URL.canParse(`http://[${text.split("%")[0]}]/`);
}
