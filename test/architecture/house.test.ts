import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { draw } from "./house/draw.js";
import { layOut } from "./house/layout.js";
import { type Arrow, planHouse } from "./house/plan.js";
import { readSources, type Sources } from "./imports.js";

/** Beside the name of a folder or file, where it does not say enough. */
const CAPTIONS = {
  "client.ts": "one connection",
  "context.ts": "shared by all parts",
  "events.ts": "events of a hub",
  "hub.ts": "the API, wired from parts",
  "index.ts": "public exports",
  "options.ts": "settings and defaults",
  "room.ts": "one room's API",
  "shutdown.ts": "the end of a hub",
  "user.ts": "one user's API",
  browser: "the client for browsers",
  delivery: "one write per client and turn",
  history: "logs and positions of rooms",
  inbound: "from a text to its handler",
  protocol: "the wire format, shared with the browser",
  rooms: "the state of rooms and members",
  simulation: "the hub under random faults",
  testing: "for tests of your own",
  transport: "the seam to WebSocket servers",
};

describe("the picture of the sources", () => {
  it("is docs/house.svg; npm run house draws it anew", async () => {
    const root = fileURLToPath(new URL("../../src/", import.meta.url));
    const svg = draw(planHouse(readSources(root)), CAPTIONS);
    await expect(svg).toMatchFileSnapshot("../../docs/house.svg");
  });

  it("has a box per folder, per folder of a folder without files, and per file beside them", () => {
    const { boxes } = planHouse(
      sources({ "a.ts": [], "b/c.ts": [], "b/d/e.ts": [], "f/g/h.ts": [], "f/i/j.ts": [] }),
    );
    expect(boxes).toEqual([
      { name: "a.ts", files: [] },
      { name: "b", files: ["c", "d/e"] },
      { name: "f/g", files: ["h"] },
      { name: "f/i", files: ["j"] },
    ]);
  });

  it("leaves out an arrow that follows from others", () => {
    const { arrows } = planHouse(
      sources({ "a.ts": ["b.ts", "c.ts"], "b.ts": ["c.ts"], "c.ts": [] }),
    );
    expect(arrows.map(show)).toEqual(["a.ts > b.ts", "b.ts > c.ts"]);
  });

  it("follows values where types point the other way", () => {
    const plan = planHouse(sources({ "a.ts": ["type b.ts"], "b.ts": ["a.ts"] }));
    expect(plan.arrows.map(show)).toEqual(["b.ts > a.ts"]);
    expect(plan.circular).toEqual([]);
  });

  it("names values that are imported in a circle", () => {
    const plan = planHouse(sources({ "a.ts": ["b.ts"], "b.ts": ["a.ts"] }));
    expect(plan.circular.map(show)).toEqual(["b.ts > a.ts"]);
    expect(draw(plan, {})).toContain("In circles: b.ts → a.ts");
  });

  it("keeps boxes apart, on the page, and above those that they import from", () => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}`);
    const sizes = new Map(
      names.map((name, index) => [name, { width: 60 + 5 * index, height: 40 }]),
    );
    const arrows = names.slice(1).map((from, index) => {
      return { from, to: `${Math.floor(index / 3)}`, isType: false };
    });
    const { places, routes, height } = layOut(sizes, arrows, 900);
    for (const [name, place] of places) {
      expect(place.x).toBeGreaterThanOrEqual(0);
      expect(place.x + place.width).toBeLessThanOrEqual(900);
      expect(place.y + place.height).toBeLessThanOrEqual(height);
      for (const [other, { x, y, width }] of places) {
        const isAside = x + width <= place.x || place.x + place.width <= x;
        expect(name === other || y !== place.y || isAside).toBe(true);
      }
    }
    for (const { points } of routes) {
      const ys = points.map(({ y }) => y);
      expect(ys).toEqual([...ys].sort((one, other) => one - other));
    }
  });
});

/** Sources by their files, with the files that each imports from. */
function sources(tree: Readonly<Record<string, readonly string[]>>): Sources {
  const imports = Object.entries(tree).flatMap(([from, targets]) => {
    return targets.map((target) => {
      const isType = target.startsWith("type ");
      return { from, to: target.replace("type ", ""), line: 1, isPackage: false, isType };
    });
  });
  return { files: Object.keys(tree), sources: new Map(), imports };
}

function show({ from, to }: Arrow): string {
  return `${from} > ${to}`;
}
