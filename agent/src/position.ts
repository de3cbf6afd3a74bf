import type { Position } from "../contract/v1";

export type { Position };

export const samePosition = (a: Position, b: Position): boolean => a.epoch === b.epoch && a.seq === b.seq;
export const isLower = (a: Position, b: Position): boolean =>
  a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);
