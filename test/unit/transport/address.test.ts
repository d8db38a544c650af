import { describe, expect, test } from "vitest";
import { addressOf, lineOf } from "../../../src/transport/address.js";

describe("an address has one spelling", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["192.000.002.007", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:c000:0207", "192.0.2.7"],
    ["0000:0000:0000:0000:0000:ffff:c000:0207", "192.0.2.7"],
    ["::1", "::1"],
    ["0000:0000:0000:0000:0000:0000:0000:0001", "::1"],
    ["2001:DB8:0:0:1::7", "2001:db8::1:0:0:7"],
    ["2001:0db8:0000:0000:0001:0000:0000:0007", "2001:db8::1:0:0:7"],
    ["fe80::1%eth0", "fe80::1"],
    ["fe80:0000:0000:0000:0000:0000:0000:0001", "fe80::1"],
  ])("%s is %s", (text, address) => expect(addressOf(text)).toBe(address));

  test.each([
    "",
    "192.0.2.256",
    "192.0.2",
    "localhost",
    "[::1]",
    "::1]/x[",
    "1::2::3",
    "12345::",
    7,
    null,
  ])("%j is none", (text) => expect(addressOf(text)).toBeUndefined());
});

describe("the line of an address", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::5", "2001:db8:0:0::/64"],
    ["2001:db8::4:5:6:7:8", "2001:db8:0:4::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
    ["/run/app.sock", "/run/app.sock"],
  ])("%s is %s", (text, line) => expect(lineOf(text)).toBe(line));
});
