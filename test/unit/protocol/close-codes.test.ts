import fc from "fast-check";
import { expect, test } from "vitest";
import { clampReason } from "../../../src/protocol/close-codes.js";

test("a close reason is cut to 123 bytes of UTF-8, between characters", () => {
  expect(clampReason("x".repeat(123))).toBe("x".repeat(123));
  expect(clampReason("x".repeat(124))).toBe("x".repeat(123));
  expect(clampReason("€".repeat(41))).toBe("€".repeat(41));
  expect(clampReason("€".repeat(42))).toBe("€".repeat(41));
  expect(clampReason("🎉".repeat(31))).toBe("🎉".repeat(30));
  expect(clampReason("é".repeat(62))).toBe("é".repeat(61));
  expect(clampReason("")).toBe("");
});

test("whatever the reason, it fits and is its own beginning", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (reason) => {
      const clamped = clampReason(reason);
      expect(Buffer.byteLength(clamped)).toBeLessThanOrEqual(123);
      expect(reason.startsWith(clamped)).toBe(true);
    }),
  );
});
