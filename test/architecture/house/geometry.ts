import type { Arrow } from "./plan.js";

/** Least distance of an arrow from a box's corner, and of two arrows at the same side of a box. */
export const CORNER = 16;

/** The size of a box. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a box stands: its left upper corner. */
export interface Place extends Size {
  readonly x: number;
  readonly y: number;
}

/** Where an arrow runs, from its start to its head; between two points it bends once. */
export interface Route {
  readonly arrow: Arrow;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A box in its row, or the gap in a row that an arrow passes through. */
export interface Cell {
  readonly name: string | undefined;
  readonly width: number;
  readonly weight: number;
  center: number;
  readonly up: Cell[];
  readonly down: Cell[];
}
