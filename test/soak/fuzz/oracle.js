import { isUtf8 } from "node:buffer";
import { answers, errorCodes, isName, MAX_BYTES } from "../protocol.js";

/**
 * What docs/protocol.md says that a message brings about.
 *
 * @typedef {object} Expectation
 * @property {"closes" | "named" | "unnamed" | "free"} outcome Ends the connection; is
 * answered once under its id; is answered once, without an id; may be answered or not.
 * @property {string} [id]
 * @property {string} [type]
 */

/** @param {Buffer} bytes @returns {Expectation} */
export function expectationOf(bytes) {
  if (bytes.length > MAX_BYTES || !isUtf8(bytes)) return { outcome: "closes" };
  let envelope;
  try {
    envelope = JSON.parse(bytes.toString());
  } catch {
    return { outcome: "unnamed" };
  }
  const isObject = typeof envelope === "object" && envelope !== null && !Array.isArray(envelope);
  if (!isObject) return { outcome: "unnamed" };
  const { type, id } = envelope;
  if (!isName(type) || (id !== undefined && !isName(id))) return { outcome: "unnamed" };
  // An id that begins so is the server's own; what a client's `ack` under another one means, nobody says.
  if (id?.startsWith("#")) return { outcome: "free", id };
  // A `pong` has no answer, unless it is wrong in itself.
  if (type === "pong" || type === "ack") return { outcome: "free", id };
  if (id !== undefined) return { outcome: "named", id, type };
  return { outcome: type === "ping" || type === "send_message" ? "unnamed" : "free" };
}

/** What is wrong with an answer to a message of that type; undefined if nothing is. */
export function faultOfAnswer(envelope, type) {
  if (envelope.type === "error") return undefined;
  const due = Object.hasOwn(answers, type) ? answers[type] : "error";
  return envelope.type === due ? undefined : `${type} was answered with ${envelope.type}`;
}

/**
 * What is wrong with something from the server; undefined if nothing is.
 *
 * @param {string} text
 * @param {(userId: string) => boolean} isUser Whether there is such a user at all.
 */
export function faultOf(text, isUser) {
  let envelope;
  try {
    envelope = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const { type, payload, id, sender, seq, timestamp } = envelope ?? {};
  if (!isName(type)) return "it has no type";
  if (id !== undefined && !isName(id)) return "its id is none";
  if (type === "error") {
    if (typeof payload?.message !== "string") return "the error has no message";
    if (payload.code === "INTERNAL") return "the server failed";
    if (!errorCodes.has(payload.code)) return `the code ${payload.code} is not documented`;
  }
  if (seq !== undefined && !(Number.isSafeInteger(seq) && seq >= 0)) return "its seq is none";
  if (timestamp !== undefined && Number.isNaN(Date.parse(timestamp)))
    return "its timestamp is none";
  if (sender !== undefined && !(isUser(sender.id) && sender.name === sender.id)) {
    return "nobody is called like its sender";
  }
  if (type === "new_message" && (sender === undefined || seq === undefined)) {
    return "it has no sender or no seq";
  }
  return undefined;
}
