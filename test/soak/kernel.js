import { readFileSync } from "node:fs";

/** States of TCP as the kernel writes them (include/net/tcp_states.h). */
const LISTEN = "0A";

/**
 * One end of a TCP connection over IPv4, as the kernel's own table has it (proc(5), /proc/net/tcp).
 *
 * @typedef {object} Connection
 * @property {number} localPort
 * @property {string} remoteAddress As the kernel writes it: hexadecimal, in the machine's byte order.
 * @property {number} remotePort
 * @property {boolean} isHeld Whether a process has it still. If not, the kernel alone is ending it.
 * @property {number} unsent Bytes that were written and not acknowledged.
 * @property {number} unread Bytes that came and were not read.
 */

/** @returns {Connection[]} All of this machine, but those that listen. */
export function connections() {
  const [, ...lines] = readFileSync("/proc/net/tcp", "utf8").trimEnd().split("\n");
  const found = [];
  for (const line of lines) {
    const [, local, remote, state, queues, , , , , inode] = line.trim().split(/\s+/);
    if (state === LISTEN) continue;
    const [, localPort] = addressOf(local);
    const [remoteAddress, remotePort] = addressOf(remote);
    const [unsent, unread] = queues.split(":").map((text) => Number.parseInt(text, 16));
    const isHeld = inode !== "0";
    found.push({ localPort, remoteAddress, remotePort, isHeld, unsent, unread });
  }
  return found;
}

/** The connections that a server at that port holds. */
export function heldAt(port) {
  return connections().filter(({ localPort, isHeld }) => localPort === port && isHeld);
}

/** An IPv4 address as the kernel writes it. */
export function inHex(address) {
  const bytes = address.split(".").reverse();
  return bytes.map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, "0")).join("");
}

function addressOf(text) {
  const [address, port] = text.split(":");
  return [address, Number.parseInt(port, 16)];
}
