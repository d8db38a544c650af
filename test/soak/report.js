import { readFileSync, writeFileSync } from "node:fs";
import { table } from "../../bench/report.js";

const DOCUMENT = new URL("../../docs/reliability.md", import.meta.url);
const BEGIN = "<!-- figures: written by npm run soak -- --write -->";
const END = "<!-- /figures -->";

/**
 * What one program found.
 *
 * @typedef {object} Findings
 * @property {string} title
 * @property {string[]} facts How it was run.
 * @property {string[]} header
 * @property {string[][]} rows
 * @property {Bound[]} bounds
 *
 * @typedef {object} Bound
 * @property {string} promise
 * @property {string} found
 * @property {boolean} isMet
 */

/** A bound on a number. */
export function atMost(promise, value, limit, unit = "") {
  const shown = (number) => `${round(number)}${unit && ` ${unit}`}`;
  return {
    promise: `${promise}: at most ${shown(limit)}`,
    found: shown(value),
    isMet: value <= limit,
  };
}

/** A bound on what must not happen at all. Says the first of what did. */
export function none(promise, violations) {
  const [first] = violations;
  const found = first === undefined ? "none" : `${violations.length}, first: ${first}`;
  return { promise, found, isMet: first === undefined };
}

/** @param {Findings} findings */
export function markdown({ title, facts, header, rows, bounds }) {
  const lines = bounds.map(({ promise, found, isMet }) => {
    return `- ${promise}: ${found}, ${isMet ? "met" : "**missed**"}`;
  });
  const parts = [
    facts.map((fact) => `- ${fact}`).join("\n"),
    table(header, rows),
    lines.join("\n"),
  ];
  return `### ${title}\n\n${parts.join("\n\n")}`;
}

/** Puts sections into the document, each in the place of the one with the same title. */
export function writeSections(sections) {
  const page = readFileSync(DOCUMENT, "utf8");
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error("docs/reliability.md has no place for figures.");
  const before = page.slice(start + BEGIN.length, end).split(/^(?=### )/m);
  const all = new Map();
  for (const section of [...before, ...sections].map((text) => text.trim())) {
    if (section.startsWith("### ")) all.set(section.split("\n", 1)[0], section);
  }
  const text = [...all.values()].join("\n\n");
  writeFileSync(DOCUMENT, `${page.slice(0, start)}${BEGIN}\n\n${text}\n\n${page.slice(end)}`);
}

export function megabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}

export function thousands(value) {
  return Math.round(value).toLocaleString("en");
}

function round(value) {
  return Number.isInteger(value) ? thousands(value) : value.toFixed(2);
}
